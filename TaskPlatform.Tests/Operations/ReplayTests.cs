using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>Replays of past events to a group.</summary>
[Collection(OperationsTests.Name)]
public sealed class ReplayTests(OperationsFixture platform)
{
    private const string Group = "notifications_service";

    [Fact]
    public async Task Handled_events_are_handled_again_only_on_request()
    {
        using var admin = await platform.Services.AdminAsync();
        using var worker = await platform.Services.RegisterAsync();
        var from = await CreateTasksAsync(worker, 3);

        var once = await ReplayAsync(admin, new { From = from, Group });
        await platform.View.SettledAsync(Group, "task.created");
        Assert.Equal(3, await CountAsync(worker));
        var again = await ReplayAsync(admin, new { From = from, Group, Effects = "again", Rate = 0 });

        Assert.Equal((3, 3), (once.GetProperty("done").GetInt32(), again.GetProperty("done").GetInt32()));
        await BusView.Until(() => CountAsync(worker), count => count == 6);
        var copies = (await platform.View.EntriesAsync("events:task.created"))
            .Where(entry => entry.GetValueOrDefault("replay_id") == again.GetProperty("job_id").GetString()).ToList();
        Assert.Equal(3, copies.Count);
        Assert.All(copies, copy => Assert.Equal((Group, "5"), (copy["target_group"], copy["event_id"][14].ToString())));
        Assert.All(copies, copy => Assert.Contains("aggregate_version", copy.Keys));
    }

    [Fact]
    public async Task Events_missing_in_the_stream_come_from_the_log_of_their_owner()
    {
        using var admin = await platform.Services.AdminAsync();
        using var worker = await platform.Services.RegisterAsync();
        var from = await CreateTasksAsync(worker, 5);
        await platform.View.SettledAsync(Group, "task.created");
        await BusView.Until(() => YoungestAsync("tasks-db"), age => age > TimeSpan.FromSeconds(1));
        var entries = await platform.View.EntriesAsync("events:task.created");
        await platform.View.Redis.ExecuteAsync(
            "XTRIM", $"{platform.View.Prefix}events:task.created", "MINID", entries[^2]["id"]);

        var job = await ReplayAsync(admin, new { From = from, Group, Effects = "again", Rate = 0 });

        Assert.Equal(("done", 5), (job.GetProperty("state").GetString(), job.GetProperty("done").GetInt32()));
        await BusView.Until(() => CountAsync(worker), count => count == 10);
        Assert.Equal(0, await platform.View.Redis.HashLengthAsync($"{platform.View.Prefix}events:replays"));
    }

    [Fact]
    public async Task Alerts_are_replayed_from_the_log_of_the_notifications_service()
    {
        using var admin = await platform.Services.AdminAsync();
        var time = (RedisTime)(await platform.View.Redis.ExecuteAsync("TIME"));
        var summary = $"Alert {Guid.CreateVersion7()}";
        await using (var scope = platform.Services.ProviderOf("notifications").CreateAsyncScope())
        {
            foreach (var subject in new[] { "one", "two", "three" })
            {
                await scope.ServiceProvider.GetRequiredService<IAlertLog>().AppendAsync(
                    new AlertChanged("lag_age", subject, summary, time.Value, null), TestContext.Current.CancellationToken);
            }
        }

        await BusView.Until(() => CountAlertsAsync(admin, summary), count => count == 3);
        await BusView.Until(() => YoungestAsync("notifications-db"), age => age > TimeSpan.FromSeconds(1));
        var entries = await platform.View.EntriesAsync("events:alert.changed");
        await platform.View.Redis.ExecuteAsync("XTRIM", $"{platform.View.Prefix}events:alert.changed", "MINID", entries[^1]["id"]);

        var job = await ReplayAsync(admin, new { From = time.Value, Group, Effects = "again", Rate = 0 }, "alert.changed");

        Assert.Equal("done", job.GetProperty("state").GetString());
        await BusView.Until(() => CountAlertsAsync(admin, summary), count => count == 6);
        foreach (var other in new[] { "auth", "tasks" })
        {
            await using var scope = platform.Services.ProviderOf(other).CreateAsyncScope();
            Assert.Null(scope.ServiceProvider.GetService<IAlertLog>());
        }
    }

    [Fact]
    public async Task An_invalid_replay_is_rejected_with_the_name_of_the_field()
    {
        using var admin = await platform.Services.AdminAsync();
        using var worker = await platform.Services.RegisterAsync();
        await CreateTasksAsync(worker, 1);
        const string path = "/admin/streams/task.created/replay";

        Assert.Equal(["group"], (await admin.PostAsync(path, new { })).AssertProblem(HttpStatusCode.BadRequest).Fields);
        Assert.Equal(["group"], (await admin.PostAsync(path, new { Group = "nobody" })).AssertProblem(HttpStatusCode.BadRequest).Fields);
        Assert.Equal(["effects"], (await admin.PostAsync(path, new { Group, Effects = "twice" })).AssertProblem(HttpStatusCode.BadRequest).Fields);
        Assert.Equal(
            ["to"],
            (await admin.PostAsync(path, new { Group, From = "2026-01-02T00:00:00Z", To = "2026-01-01T00:00:00Z" })).AssertProblem(HttpStatusCode.BadRequest).Fields);
        (await admin.PostAsync("/admin/streams/nobody.knows/replay", new { Group })).AssertProblem(HttpStatusCode.NotFound);
    }

    private static async Task<JsonElement> ReplayAsync(ApiClient admin, object request, string type = "task.created")
    {
        var accepted = await admin.PostAsync($"/admin/streams/{type}/replay", request);
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        return await OperationsFixture.WaitForJobAsync(admin, accepted);
    }

    /// <summary>Returns the time just before the first task's event.</summary>
    private async Task<DateTimeOffset> CreateTasksAsync(ApiClient worker, int count)
    {
        var time = (RedisTime)(await platform.View.Redis.ExecuteAsync("TIME"));
        for (var i = 0; i < count; i++)
            await worker.CreateTaskAsync("Once more", worker.UserId);
        await BusView.Until(() => CountAsync(worker), found => found >= count);
        return time.Value;
    }

    private async Task<TimeSpan> YoungestAsync(string name)
    {
        await using var database = platform.Services.OpenDatabase(name);
        await using var command = database.CreateCommand("SELECT now() - max(published_at) FROM event_log");
        return (TimeSpan)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private static async Task<int> CountAlertsAsync(ApiClient admin, string summary)
        => (await admin.GetAsync("/api/notifications?limit=100")).Json.GetProperty("items").EnumerateArray()
            .Count(item => item.GetProperty("message").GetString() == $"Alert: {summary}");

    private static async Task<int> CountAsync(ApiClient worker)
        => (await worker.GetAsync("/api/notifications?limit=100")).Json.GetProperty("items").EnumerateArray()
            .Count(item => item.GetProperty("type").GetString() == "task.created");

    private readonly record struct RedisTime(DateTimeOffset Value)
    {
        public static explicit operator RedisTime(StackExchange.Redis.RedisResult reply)
        {
            var parts = (long[])reply!;
            return new RedisTime(DateTimeOffset.FromUnixTimeMilliseconds((parts[0] * 1000) + (parts[1] / 1000)));
        }
    }
}
