using System.Text.Json;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Graph;

/// <summary>The platform's main use cases, end to end.</summary>
[Collection(SharedPlatform.Name)]
public sealed class UseCaseTests(Platform platform)
{
    private const string Group = "notifications_service";

    [Fact]
    public async Task A_created_task_notifies_each_worker_once()
    {
        var creator = await platform.RegisterAsync("creator");
        var ann = await platform.RegisterAsync("ann");
        var ben = await platform.RegisterAsync("ben");

        var taskId = await creator.CreateTaskAsync("Fix bug – ünïcode", ann.UserId, ben.UserId);

        Assert.Single(await BusView.Until(() => ann.NotificationsAboutAsync(taskId), items => items.Count > 0));
        var item = Assert.Single(await BusView.Until(() => ben.NotificationsAboutAsync(taskId), items => items.Count > 0));
        Assert.Contains("Fix bug – ünïcode", item.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(await creator.NotificationsAboutAsync(taskId));

        var entry = await platform.EntryAsync("events:task.created", taskId);
        Assert.Equal(["type", "aggregate_id", "aggregate_type", "data", "timestamp"], entry.Event.EnumerateObject().Select(member => member.Name));
        Assert.Equal("task.created", entry.Event.GetProperty("type").GetString());
        Assert.Equal("task", entry.Event.GetProperty("aggregate_type").GetString());
        var data = entry.Event.GetProperty("data");
        Assert.Equal(taskId, data.GetProperty("task_id").GetInt64());
        Assert.Equal(creator.UserId, data.GetProperty("creator_id").GetInt64());
        Assert.Equal([ann.UserId, ben.UserId], data.GetProperty("worker_ids").EnumerateArray().Select(id => id.GetInt64()).Order());
        Assert.True(entry.Event.GetProperty("timestamp").TryGetDateTimeOffset(out _));
        Assert.Equal("1", entry.Fields["aggregate_version"]);

        await BusView.Until(() => platform.PendingAsync("events:task.created", Group), pending => pending == 0);
    }

    [Fact]
    public async Task A_notification_can_be_marked_as_read_only_by_its_recipient()
    {
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");
        var taskId = await creator.CreateTaskAsync("Read me", worker.UserId);
        var item = Assert.Single(await BusView.Until(() => worker.NotificationsAboutAsync(taskId), items => items.Count > 0));
        Assert.False(item.GetProperty("read").GetBoolean());
        var path = $"/api/notifications/{item.GetProperty("notification_id").GetInt64()}/read";

        using (var foreign = await creator.Notifications.PostAsync(path, null, TestContext.Current.CancellationToken))
            Assert.Equal(404, (int)foreign.StatusCode);
        using (var own = await worker.Notifications.PostAsync(path, null, TestContext.Current.CancellationToken))
            Assert.True(own.IsSuccessStatusCode);

        Assert.True(Assert.Single(await worker.NotificationsAboutAsync(taskId)).GetProperty("read").GetBoolean());
    }

    [Fact]
    public async Task Updating_notifies_the_admins_and_completing_notifies_the_creator()
    {
        var admin = await platform.SignInAsAdminAsync();
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");
        var taskId = await creator.CreateTaskAsync("Change me", worker.UserId);

        using (var updated = await creator.Tasks.PutAsync($"/api/tasks/{taskId}",
            System.Net.Http.Json.JsonContent.Create(new { title = "Changed", worker_ids = new[] { worker.UserId } }), TestContext.Current.CancellationToken))
            await updated.ReadAsync(200);
        Assert.Single(await BusView.Until(() => admin.NotificationsAboutAsync(taskId), items => items.Count > 0));

        using (var completed = await worker.Tasks.PostAsync($"/api/tasks/{taskId}/complete", null, TestContext.Current.CancellationToken))
            await completed.ReadAsync(200);
        Assert.Single(await BusView.Until(() => creator.NotificationsAboutAsync(taskId), items => items.Count > 0));
    }

    [Fact]
    public async Task An_event_from_a_publisher_in_another_language_is_handled()
    {
        var worker = await platform.RegisterAsync("worker");
        var taskId = Random.Shared.NextInt64(1_000_000_000, 2_000_000_000);
        var data = JsonSerializer.Serialize(new
        {
            type = "task.created",
            aggregate_id = $"{taskId}",
            aggregate_type = "task",
            data = new { task_id = taskId, title = "From afar", worker_ids = new[] { worker.UserId } },
            timestamp = "2025-01-15T10:30:00Z",
        });

        await platform.Redis.ExecuteAsync("XADD", "events:task.created", "*", "data", data);

        Assert.Single(await BusView.Until(() => worker.NotificationsAboutAsync(taskId), items => items.Count > 0));
    }
}
