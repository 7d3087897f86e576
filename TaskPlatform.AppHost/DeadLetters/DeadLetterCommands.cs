using System.Net.Http.Json;

namespace TaskPlatform.AppHost.DeadLetters;

/// <summary>Dashboard commands for all dead letters.</summary>
internal static class DeadLetterCommands
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    public static IResourceBuilder<ProjectResource> WithDeadLetterCommands(this IResourceBuilder<ProjectResource> worker, AdminApi admin) => worker
        .WithCommand(
            "reprocess-dead-letters",
            "Reprocess all dead letters",
            context => RunAsync(admin, context, ReprocessAsync),
            new CommandOptions
            {
                Description = "Sends every dead letter back to its consumer group",
                IconName = "ArrowRepeatAll",
                UpdateState = EnabledWhileRunning,
            })
        .WithCommand(
            "purge-dead-letters",
            "Purge dead letters",
            context => RunAsync(admin, context, PurgeAsync),
            new CommandOptions
            {
                Description = "Permanently deletes every dead letter",
                ConfirmationMessage = "Permanently delete every dead letter? Their events will not be handled.",
                IconName = "Delete",
                UpdateState = EnabledWhileRunning,
            });

    private static async Task<ExecuteCommandResult> RunAsync(
        AdminApi admin, ExecuteCommandContext context, Func<HttpClient, CancellationToken, Task<string>> command)
    {
        try
        {
            using var session = await admin.SignInAsync(context.CancellationToken);
            return CommandResults.Success(await command(session, context.CancellationToken));
        }
        catch (HttpRequestException failure)
        {
            return CommandResults.Failure(failure.Message);
        }
    }

    private static async Task<string> ReprocessAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        using var accepted = await admin.PostAsJsonAsync("/admin/dlq/reprocess", new { }, cancellationToken);
        var job = await WaitForJobAsync(admin, accepted, cancellationToken);

        return $"{job.Done} reprocessed, {job.Refused} refused.";
    }

    private static async Task<string> PurgeAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        using var counted = await admin.GetAsync("/admin/dlq/groups", cancellationToken);
        var deadLetters = await AdminApi.ReadAsync<DeadLetters>(counted, cancellationToken);

        using var accepted = await admin.DeleteAsync($"/admin/dlq?confirm={deadLetters.Count}", cancellationToken);
        var job = await WaitForJobAsync(admin, accepted, cancellationToken);

        return $"{job.Done} deleted.";
    }

    /// <summary>Waits for a job to end. Cancelling the wait doesn't cancel the job.</summary>
    private static async Task<Job> WaitForJobAsync(HttpClient admin, HttpResponseMessage accepted, CancellationToken cancellationToken)
    {
        var job = await AdminApi.ReadAsync<Job>(accepted, cancellationToken);

        while (job.State == "running")
        {
            await Task.Delay(PollInterval, cancellationToken);
            using var response = await admin.GetAsync($"/admin/jobs/{job.JobId}", cancellationToken);
            job = await AdminApi.ReadAsync<Job>(response, cancellationToken);
        }

        return job.State == "done" ? job : throw new HttpRequestException($"The job {job.JobId} is {job.State}: {job.Problem}");
    }

    private static ResourceCommandState EnabledWhileRunning(UpdateCommandStateContext worker) =>
        worker.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private sealed record DeadLetters(long Count);

    private sealed record Job(Guid JobId, string State, long Done, long Refused, string? Problem);
}
