using System.Text.Json;
using StackExchange.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.Faults;

/// <summary>A bulk operation whose process dies in the middle.</summary>
[Collection(SharedPlatform.Name)]
[Trait("suite", "faults")]
public sealed class OperatorFaultTests(Platform platform)
{
    private const int DeadLetters = 10_000;

    /// <summary>Far above the ids of tasks that requests create.</summary>
    private const int FirstTask = 1_000_000;

    private const string Group = "notifications_service";

    [Fact]
    public async Task Ten_thousand_dead_letters_are_reprocessed_once_each_even_if_the_process_is_killed()
    {
        await platform.PurgeDeadLettersAsync();
        var before = await platform.Redis.StreamLengthAsync("events:task.created");
        var reader = await platform.RegisterAsync("reader");
        var admin = await platform.SignInAsAdminAsync();
        await BusView.Until(() => platform.PendingAsync("events:user.created", Group), pending => pending == 0);
        await Task.WhenAll(Enumerable.Range(1, DeadLetters).Select(i => AddLetterAsync(platform.Redis, i, reader.UserId)));

        using var started = await admin.Notifications.PostJsonAsync("/admin/dlq/reprocess", new { group = Group, type = "task.created", rate = 5000 });
        var job = await started.ReadAsync(202);
        await BusView.Until(() => ReadJobAsync(admin, job), state => Done(state) >= 1000);
        await platform.KillAsync("notifications");
        Assert.InRange(await platform.Redis.StreamLengthAsync("event_dlq"), 1, DeadLetters - 1000);

        await platform.StartServiceAsync("notifications");
        var end = await BusView.Until(() => ReadJobAsync(admin, job), state => state.GetProperty("state").GetString() != "running");

        Assert.Equal(("done", DeadLetters, 0), (end.GetProperty("state").GetString(), Done(end), end.GetProperty("refused").GetInt32()));
        Assert.Equal(0, await platform.Redis.StreamLengthAsync("event_dlq"));
        Assert.Equal(before + DeadLetters, await platform.Redis.StreamLengthAsync("events:task.created"));
        await BusView.Until(() => UnreadAsync(reader), unread => unread >= DeadLetters);
        await BusView.Until(() => platform.PendingAsync("events:task.created", Group), pending => pending == 0);
        Assert.Equal(DeadLetters, await UnreadAsync(reader) - 1); // One is the welcome notification.
    }

    private static Task<RedisResult> AddLetterAsync(IDatabase redis, int number, long readerId)
        => redis.ExecuteAsync(
            "XADD", "event_dlq", "*", "stream", "events:task.created", "group", Group, "type", "task.created",
            "event_id", Guid.CreateVersion7().ToString(), "reason", "exhausted", "exception", "System.TimeoutException", "error", "late",
            "data", $$"""{"type":"task.created","aggregate_id":"{{FirstTask + number}}","data":{"task_id":{{FirstTask + number}},"title":"Task {{number}}","worker_ids":[{{readerId}}]},"timestamp":"2026-01-01T00:00:00Z"}""");

    private static async Task<JsonElement> ReadJobAsync(Session admin, JsonElement job)
    {
        using var answer = await admin.Notifications.GetAsync(
            $"/admin/jobs/{job.GetProperty("job_id").GetString()}", TestContext.Current.CancellationToken);
        return await answer.ReadAsync(200);
    }

    private static int Done(JsonElement job) => job.GetProperty("done").GetInt32();

    private static async Task<int> UnreadAsync(Session reader)
    {
        using var answer = await reader.Notifications.GetAsync("/api/notifications/unread-count", TestContext.Current.CancellationToken);
        return (await answer.ReadAsync(200)).GetProperty("unread_count").GetInt32();
    }
}
