using System.Net;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Services;

/// <summary>The maximum numbers of workers and notifications.</summary>
[Collection(ServicesTests.Name)]
public sealed class UpperLimitTests(RunningServices services)
{
    [Fact]
    public async Task A_task_can_have_a_thousand_workers_and_each_is_notified()
    {
        using var ann = await services.RegisterAsync();
        // No user has these ids, because users that other tests delete would not be notified.
        var workers = Enumerable.Range(1, 1_001).Select(i => 1_000_000 * ann.UserId + i).ToArray();

        var id = await ann.CreateTaskAsync("Clean up", workers[..1_000]);

        (await ann.PutAsync($"/api/tasks/{id}", new { WorkerIds = workers })).AssertProblem(HttpStatusCode.BadRequest);
        Assert.Equal(HttpStatusCode.OK, (await ann.PostAsync($"/api/tasks/{id}/assign", new { WorkerIds = workers[1..] })).Status);
        await using var database = services.OpenDatabase("notifications-db");
        await using var notified = database.CreateCommand($"SELECT count(*) FROM notifications WHERE task_id = {id}");
        await BusView.Until(async () => (long)(await notified.ExecuteScalarAsync(TestContext.Current.CancellationToken))!, count => count == 1_001);
    }

    [Fact]
    public async Task Marking_very_many_notifications_as_read_reports_its_progress()
    {
        const int many = 50_000;
        using var ann = await services.RegisterAsync();
        await BusView.Until(() => UnreadAsync(ann), unread => unread == 1); // The welcome notification.
        await using var database = services.OpenDatabase("notifications-db");
        await using var fill = database.CreateCommand(
            $"""
             INSERT INTO notifications (id, user_id, type, message, cause_event_id, created_at)
             SELECT -i, {ann.UserId}, 'task.created', 'You have a new task', gen_random_uuid(), now() FROM generate_series(1, {many}) AS i
             """);
        await fill.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var (marked, remaining) = (0, many + 1);
        while (remaining > 0)
        {
            var answer = (await ann.PostAsync("/api/notifications/read-all")).Json;
            Assert.InRange(answer.GetProperty("marked").GetInt32(), 1, remaining);
            marked += answer.GetProperty("marked").GetInt32();
            remaining = answer.GetProperty("remaining").GetInt32();
            Assert.Equal(many + 1 - marked, remaining);
            Assert.Equal(remaining, await UnreadAsync(ann));
        }

        Assert.Equal("""{"marked":0,"remaining":0}""", (await ann.PostAsync("/api/notifications/read-all")).Text);
        await using var erase = database.CreateCommand($"DELETE FROM notifications WHERE user_id = {ann.UserId}");
        await erase.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<int> UnreadAsync(ApiClient client)
        => (await client.GetAsync("/api/notifications/unread-count")).Json.GetProperty("unread_count").GetInt32();
}
