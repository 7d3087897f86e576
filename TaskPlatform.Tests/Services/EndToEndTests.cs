using System.Net;
using System.Text.Json;

namespace TaskPlatform.Tests.Services;

/// <summary>From a request to one service to the result at another one.</summary>
[Collection(ServicesTests.Name)]
public sealed class EndToEndTests(RunningServices services)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_new_user_receives_a_welcome_notification()
    {
        using var ann = await services.RegisterAsync("Ann");

        Assert.Contains("Ann", (await WaitForAsync(ann, "user.created")).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_affected_users_are_notified_of_a_task()
    {
        using var creator = await services.RegisterAsync();
        using var worker = await services.RegisterAsync();
        using var joining = await services.RegisterAsync();
        using var admin = await services.AdminAsync();

        var id = await creator.CreateTaskAsync("Water the plants", worker.UserId);
        Assert.Equal(id, (await WaitForAsync(worker, "task.created", id)).GetProperty("task_id").GetInt64());

        await creator.PutAsync($"/api/tasks/{id}", new { Title = "Water all plants" });
        await WaitForAsync(admin, "task.updated", id);

        await creator.PostAsync($"/api/tasks/{id}/assign", new { WorkerIds = new[] { worker.UserId, joining.UserId } });
        await WaitForAsync(joining, "task.assigned", id);

        await worker.PostAsync($"/api/tasks/{id}/complete");
        await WaitForAsync(creator, "task.completed", id);

        await creator.DeleteAsync($"/api/tasks/{id}");
        await WaitForAsync(joining, "task.deleted", id);
        Assert.DoesNotContain(await ListAsync(worker), item => item.GetProperty("type").GetString() == "task.assigned");
    }

    [Fact]
    public async Task A_new_admin_receives_admin_notifications()
    {
        const string password = "a-long-password";
        var email = RunningServices.NewEmail();
        using var user = services.Anonymous();
        await user.RegisterAsync(email, password, "Ann");
        using var admin = await services.AdminAsync();
        await WaitForAsync(user, "user.created");

        var promoted = await admin.PutAsync($"/api/users/{user.UserId}", new { Role = "admin" });
        Assert.Equal(HttpStatusCode.OK, promoted.Status);
        await user.LoginAsync(email, password);
        await WaitUntilAsync(async () => await ScalarAsync($"SELECT role FROM recipients WHERE id = {user.UserId}") is "admin");

        var id = await user.CreateTaskAsync("Count the chairs");
        await user.PutAsync($"/api/tasks/{id}", new { Description = "All of them" });
        await WaitForAsync(user, "task.updated", id);

        await admin.PutAsync($"/api/users/{user.UserId}", new { Role = "user" });
    }

    [Fact]
    public async Task A_notification_is_marked_as_read_once_and_only_by_its_recipient()
    {
        using var ann = await services.RegisterAsync();
        using var other = await services.RegisterAsync();
        var id = (await WaitForAsync(ann, "user.created")).GetProperty("notification_id").GetInt64();
        Assert.Equal(1, (await ann.GetAsync("/api/notifications/unread-count")).Json.GetProperty("unread_count").GetInt32());

        (await other.PostAsync($"/api/notifications/{id}/read")).AssertProblem(HttpStatusCode.NotFound);
        var first = (await ann.PostAsync($"/api/notifications/{id}/read")).Json.GetProperty("read_at").GetString();
        var second = (await ann.PostAsync($"/api/notifications/{id}/read")).Json.GetProperty("read_at").GetString();

        Assert.Equal(first, second);
        Assert.Equal(0, (await ann.GetAsync("/api/notifications?unread=true")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(1, (await ann.GetAsync("/api/notifications?unread=false")).Json.GetProperty("items").GetArrayLength());

        await ann.CreateTaskAsync("For myself", ann.UserId);
        await WaitForAsync(ann, "task.created");
        Assert.Equal(1, (await ann.PostAsync("/api/notifications/read-all")).Json.GetProperty("marked").GetInt32());
        Assert.Equal(0, (await ann.GetAsync("/api/notifications/unread-count")).Json.GetProperty("unread_count").GetInt32());
    }

    [Fact]
    public async Task All_notifications_of_a_deleted_user_are_erased()
    {
        using var leaving = await services.RegisterAsync();
        await WaitForAsync(leaving, "user.created");

        Assert.Equal(HttpStatusCode.NoContent, (await leaving.DeleteAsync($"/api/users/{leaving.UserId}")).Status);

        await WaitUntilAsync(async () => await ScalarAsync($"SELECT count(*) FROM notifications WHERE user_id = {leaving.UserId}") is 0L);
        (await leaving.GetAsync("/api/users/me")).AssertProblem(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_stream_delivers_new_notifications_immediately_and_missed_ones_after_a_reconnect()
    {
        using var ann = await services.RegisterAsync();
        await WaitForAsync(ann, "user.created");
        string id;
        using (var live = await ann.StreamAsync("/api/notifications/stream"))
        {
            Assert.StartsWith(":", await live.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            await ann.CreateTaskAsync("First", ann.UserId);
            (id, var first) = await NextAsync(live);
            Assert.Contains("First", first, StringComparison.Ordinal);
        }

        await ann.CreateTaskAsync("Second", ann.UserId);
        await WaitUntilAsync(async () => (await ListAsync(ann)).Count == 3);
        using var again = await ann.StreamAsync("/api/notifications/stream", ("Last-Event-ID", id));
        Assert.Contains("Second", (await NextAsync(again)).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_of_any_publisher_is_handled()
    {
        using var ann = await services.RegisterAsync();

        await services.AddToStreamAsync("task.created", $$"""
            {"type":"task.created","aggregate_id":"123","aggregate_type":"task",
             "data":{"task_id":123,"title":"From elsewhere","worker_ids":[{{ann.UserId}}]},"timestamp":"2025-01-15T10:30:00Z"}
            """);

        Assert.Equal(123, (await WaitForAsync(ann, "task.created")).GetProperty("task_id").GetInt64());
    }

    [Fact]
    public async Task A_dead_lettered_event_is_reported()
    {
        var id = Random.Shared.NextInt64(1_000_000_000, long.MaxValue);

        await services.AddToStreamAsync("task.created", $$"""
            {"type":"task.created","aggregate_id":"{{id}}","aggregate_type":"task","data":{"title":5},"timestamp":"2025-01-15T10:30:00Z"}
            """);

        await WaitUntilAsync(async () => await ScalarAsync(
            $"SELECT count(*) FROM event_log WHERE type = 'notification.failed' AND envelope LIKE '%\"task_id\":{id},%'") is 1L);
    }

    private static async Task<(string Id, string Data)> NextAsync(StreamReader stream)
    {
        var id = "";
        while (await stream.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                return (id, line[6..]);
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task<JsonElement> WaitForAsync(ApiClient reader, string type, long? taskId = null)
    {
        JsonElement found = default;
        await WaitUntilAsync(async () =>
        {
            found = (await ListAsync(reader)).FirstOrDefault(item => item.GetProperty("type").GetString() == type
                && (taskId is null || item.GetProperty("task_id").GetInt64() == taskId));
            return found.ValueKind != JsonValueKind.Undefined;
        });
        return found;
    }

    private static async Task<List<JsonElement>> ListAsync(ApiClient reader)
        => [.. (await reader.GetAsync("/api/notifications?limit=100")).Json.GetProperty("items").EnumerateArray()];

    private static async Task WaitUntilAsync(Func<Task<bool>> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        while (!await holds())
            await Task.Delay(20, limit.Token);
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var database = services.OpenDatabase("notifications-db");
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
