using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Npgsql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.Api;

/// <summary>Each event of the platform has the documented payload on its stream, after requests to the running platform.</summary>
[Collection(SharedPlatform.Name)]
public sealed class PublishedEventsTests(Platform platform)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_of_a_user_publish_events()
    {
        var ann = await platform.RegisterAsync("ann");
        var created = await ReadAsync("user.created", ann.UserId, version: 1);
        Assert.Equal(ann.UserId, created.GetProperty("user_id").GetInt64());
        Assert.StartsWith("ann-", created.GetProperty("email").GetString(), StringComparison.Ordinal);
        Assert.Equal("ann", created.GetProperty("full_name").GetString());
        Assert.Equal("user", created.GetProperty("role").GetString());

        using var auth = ClientOf(ann, "auth");
        using (var answer = await auth.PutAsJsonAsync($"/api/users/{ann.UserId}", new { full_name = "Ann Lee" }, Cancelled))
            await answer.ReadAsync(200);
        var updated = await ReadAsync("user.updated", ann.UserId, version: 2);
        Assert.Equal("Ann Lee", updated.GetProperty("full_name").GetString());
        Assert.Equal("user", updated.GetProperty("role").GetString());
        Assert.Equal(created.GetProperty("email").GetString(), updated.GetProperty("email").GetString());
        Assert.Equal(["full_name"], Strings(updated, "changed"));

        var taskId = await ann.CreateTaskAsync("For myself", ann.UserId);
        await BusView.Until(() => ann.NotificationsAboutAsync(taskId), items => items.Count > 0);
        using (var answer = await auth.DeleteAsync($"/api/users/{ann.UserId}", Cancelled))
            await answer.ReadAsync(204);
        var deleted = await ReadAsync("user.deleted", ann.UserId, version: 3);
        Assert.Equal(ann.UserId, deleted.GetProperty("user_id").GetInt64());
        Assert.Equal(created.GetProperty("email").GetString(), deleted.GetProperty("email").GetString());

        // Her notifications are deleted with her account.
        await using var database = NpgsqlDataSource.Create((await platform.App.GetConnectionStringAsync("notifications-db", Cancelled))!);
        await using var count = database.CreateCommand($"SELECT count(*) FROM notifications WHERE user_id = {ann.UserId}");
        await BusView.Until(async () => await count.ExecuteScalarAsync(Cancelled), left => left is 0L);
    }

    [Fact]
    public async Task Changes_of_a_task_publish_events()
    {
        var creator = await platform.RegisterAsync("creator");
        var (ann, ben) = (await platform.RegisterAsync("ann"), await platform.RegisterAsync("ben"));
        using var answered = await creator.Tasks.PostJsonAsync(
            "/api/tasks", new { title = "Fix bug", description = "Soon", worker_ids = new[] { ann.UserId }, due_at = "2030-01-01T00:00:00Z" });
        var id = (await answered.ReadAsync(201)).GetProperty("task_id").GetInt64();
        var created = await ReadAsync("task.created", id, version: 1);
        AssertTask(created, id, "Fix bug");
        Assert.Equal("Soon", created.GetProperty("description").GetString());
        Assert.Equal(creator.UserId, created.GetProperty("creator_id").GetInt64());
        Assert.Equal([ann.UserId], Ids(created, "worker_ids"));
        Assert.Equal("2030-01-01T00:00:00Z", created.GetProperty("due_at").GetString());

        // A PUT that changes the workers publishes two events with different versions: what was changed, and who was added.
        using (var put = await creator.Tasks.PutAsJsonAsync($"/api/tasks/{id}", new { title = "Fix bugs", worker_ids = new[] { ben.UserId } }, Cancelled))
            await put.ReadAsync(200);
        var updated = await ReadAsync("task.updated", id, version: 2);
        AssertTask(updated, id, "Fix bugs");
        Assert.Equal("open", updated.GetProperty("status").GetString());
        Assert.Equal([ben.UserId], Ids(updated, "worker_ids"));
        Assert.Equal(creator.UserId, updated.GetProperty("creator_id").GetInt64());
        Assert.Equal(["title", "worker_ids"], Strings(updated, "changed"));
        Assert.Equal(creator.UserId, updated.GetProperty("updated_by").GetInt64());
        var assigned = await ReadAsync("task.assigned", id, version: 3);
        AssertTask(assigned, id, "Fix bugs");
        Assert.Equal([ben.UserId], Ids(assigned, "worker_ids"));
        Assert.Equal([ben.UserId], Ids(assigned, "added"));
        Assert.Equal([ann.UserId], Ids(assigned, "removed"));
        Assert.Equal(creator.UserId, assigned.GetProperty("assigned_by").GetInt64());

        using (var complete = await ben.Tasks.PostAsync($"/api/tasks/{id}/complete", null, Cancelled))
            await complete.ReadAsync(200);
        var completed = await ReadAsync("task.completed", id, version: 4);
        AssertTask(completed, id, "Fix bugs");
        Assert.Equal(creator.UserId, completed.GetProperty("creator_id").GetInt64());
        Assert.Equal([ben.UserId], Ids(completed, "worker_ids"));
        Assert.Equal(ben.UserId, completed.GetProperty("completed_by").GetInt64());

        using (var delete = await creator.Tasks.DeleteAsync($"/api/tasks/{id}", Cancelled))
            await delete.ReadAsync(204);
        var deleted = await ReadAsync("task.deleted", id, version: 5);
        AssertTask(deleted, id, "Fix bugs");
        Assert.Equal(creator.UserId, deleted.GetProperty("creator_id").GetInt64());
        Assert.Equal([ben.UserId], Ids(deleted, "worker_ids"));
        Assert.Equal(creator.UserId, deleted.GetProperty("deleted_by").GetInt64());
    }

    [Fact]
    public async Task Sent_and_failed_notifications_publish_events()
    {
        var worker = await platform.RegisterAsync("worker");
        var taskId = await worker.CreateTaskAsync("Tell me", worker.UserId);
        var cause = (await EntryAsync("task.created", taskId)).Fields["event_id"];

        var item = Assert.Single(await BusView.Until(() => worker.NotificationsAboutAsync(taskId), items => items.Count > 0));
        var sent = await ReadAsync("notification.sent", item.GetProperty("notification_id").GetInt64(), version: null);
        Assert.Equal(item.GetProperty("notification_id").GetInt64(), sent.GetProperty("notification_id").GetInt64());
        Assert.Equal(worker.UserId, sent.GetProperty("user_id").GetInt64());
        Assert.Equal(taskId, sent.GetProperty("task_id").GetInt64());
        Assert.Equal("in_app", sent.GetProperty("channel").GetString());
        Assert.Equal(cause, sent.GetProperty("cause_event_id").GetString());

        // An invalid event of another publisher is dead-lettered, and notification.failed is published.
        var lostId = Random.Shared.NextInt64(1_000_000_000, 2_000_000_000);
        await platform.Redis.ExecuteAsync("XADD", "events:task.created", "*", "data", $$"""
            {"type":"task.created","aggregate_id":"{{lostId}}","aggregate_type":"task","data":{"title":5},"timestamp":"2025-01-15T10:30:00Z"}
            """);
        var failed = await BusView.Until(
            async () => (await platform.EntriesAsync("events:notification.failed"))
                .Select(entry => JsonElement.Parse(entry["data"]).GetProperty("data"))
                .FirstOrDefault(data => data.GetProperty("task_id") is { ValueKind: JsonValueKind.Number } id && id.GetInt64() == lostId),
            data => data.ValueKind == JsonValueKind.Object);

        // The dead letter is added to the queue shortly after the group's handler has run.
        var deadLetters = await BusView.Until(
            async () => (await platform.EntriesAsync("event_dlq")).Where(deadLetter => deadLetter["data"].Contains($"\"{lostId}\"", StringComparison.Ordinal)).ToList(),
            deadLetters => deadLetters.Count > 0);
        var deadLetter = Assert.Single(deadLetters);
        Assert.Equal(deadLetter["event_id"], failed.GetProperty("cause_event_id").GetString());
        Assert.Equal("task.created", failed.GetProperty("cause_type").GetString());
        Assert.Equal(deadLetter["error"], failed.GetProperty("error").GetString());
        Assert.Equal(JsonValueKind.Null, failed.GetProperty("user_id").ValueKind);
    }

    /// <summary>Returns the data of the only event of a type for an aggregate.</summary>
    private async Task<JsonElement> ReadAsync(string type, long aggregateId, long? version)
    {
        var (found, fields) = await EntryAsync(type, aggregateId);
        Assert.Equal(["type", "aggregate_id", "aggregate_type", "data", "timestamp"], found.EnumerateObject().Select(member => member.Name));
        Assert.Equal(type, found.GetProperty("type").GetString());
        Assert.Equal(type.Split('.')[0], found.GetProperty("aggregate_type").GetString());
        Assert.EndsWith("Z", found.GetProperty("timestamp").GetString(), StringComparison.Ordinal);
        Assert.True(Guid.TryParse(fields["event_id"], out _));
        if (version is not null)
            Assert.Equal($"{version}", fields["aggregate_version"]);
        return found.GetProperty("data");
    }

    private async Task<(JsonElement Event, Dictionary<string, string> Fields)> EntryAsync(string type, long aggregateId)
    {
        await BusView.Until(() => platform.EntriesAsync($"events:{type}"), entries => entries.Any(entry =>
            entry["data"].Contains($"\"aggregate_id\":\"{aggregateId}\"", StringComparison.Ordinal)));
        return await platform.EntryAsync($"events:{type}", aggregateId);
    }

    private HttpClient ClientOf(Session session, string service)
    {
        var client = platform.Client(service);
        client.DefaultRequestHeaders.Authorization = session.Tasks.DefaultRequestHeaders.Authorization;
        return client;
    }

    private static void AssertTask(JsonElement data, long id, string title)
    {
        Assert.Equal(id, data.GetProperty("task_id").GetInt64());
        Assert.Equal(title, data.GetProperty("title").GetString());
    }

    private static IEnumerable<long> Ids(JsonElement data, string name) => data.GetProperty(name).EnumerateArray().Select(id => id.GetInt64());

    private static IEnumerable<string?> Strings(JsonElement data, string name) => data.GetProperty(name).EnumerateArray().Select(text => text.GetString());
}
