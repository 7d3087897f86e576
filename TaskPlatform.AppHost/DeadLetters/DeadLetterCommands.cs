using System.Net.Http.Json;

namespace TaskPlatform.AppHost.DeadLetters;

/// <summary>What an operator wants to do with all dead letters at once, on the dashboard.</summary>
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
                Description = "Gives every dead letter back to the consumer group that gave it up",
                IconName = "ArrowRepeatAll",
                UpdateState = WhileRunning,
            })
        .WithCommand(
            "purge-dead-letters",
            "Purge dead letters",
            context => RunAsync(admin, context, PurgeAsync),
            new CommandOptions
            {
                Description = "Deletes every dead letter for good",
                ConfirmationMessage = "Delete every dead letter for good? What they were about will not happen.",
                IconName = "Delete",
                UpdateState = WhileRunning,
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
        var job = await EndOfJobAsync(admin, accepted, cancellationToken);

        return $"{job.Done} reprocessed, {job.Refused} refused.";
    }

    private static async Task<string> PurgeAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        using var counted = await admin.GetAsync("/admin/dlq/groups", cancellationToken);
        var deadLetters = await AdminApi.ReadAsync<DeadLetters>(counted, cancellationToken);

        using var accepted = await admin.DeleteAsync($"/admin/dlq?confirm={deadLetters.Count}", cancellationToken);
        var job = await EndOfJobAsync(admin, accepted, cancellationToken);

        return $"{job.Done} deleted.";
    }

    /// <summary>A job that is given up here goes on over there.</summary>
    private static async Task<Job> EndOfJobAsync(HttpClient admin, HttpResponseMessage accepted, CancellationToken cancellationToken)
    {
        var job = await AdminApi.ReadAsync<Job>(accepted, cancellationToken);

        while (job.State == "running")
        {
            await Task.Delay(PollInterval, cancellationToken);
            using var answer = await admin.GetAsync($"/admin/jobs/{job.JobId}", cancellationToken);
            job = await AdminApi.ReadAsync<Job>(answer, cancellationToken);
        }

        return job.State == "done" ? job : throw new HttpRequestException($"The job {job.JobId} is {job.State}: {job.Problem}");
    }

    private static ResourceCommandState WhileRunning(UpdateCommandStateContext worker) =>
        worker.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private sealed record DeadLetters(long Count);

    private sealed record Job(Guid JobId, string State, long Done, long Refused, string? Problem);
}
