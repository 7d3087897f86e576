using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Graph;
using static Microsoft.Playwright.Assertions;

namespace TaskPlatform.Tests.Dashboard;

/// <summary>What an operator sees and does on the real dashboard.</summary>
[Collection(SharedPlatform.Name)]
public sealed class DashboardTests(Platform platform, Chromium chromium)
{
    private const string Worker = "notifications-worker";
    private const string Created = "events:task.created";
    private const string LateTask = """
        {"type":"task.created","aggregate_id":"900000","aggregate_type":"task",
         "data":{"task_id":900000,"title":"Late","worker_ids":[]},"timestamp":"2026-01-15T10:30:00Z"}
        """;
    private const string NoTask = """
        {"type":"task.created","aggregate_id":"900001","aggregate_type":"task","data":"no task","timestamp":"2026-01-15T10:30:00Z"}
        """;

    private static readonly string[] Resources = ["redis", "postgres", "auth-db", "tasks-db", "notifications-db", "auth", "tasks", "notifications", Worker];

    [Fact]
    public async Task The_Resources_page_shows_the_resources_and_their_links()
    {
        await using var dashboard = await DashboardPage.OpenAsync(chromium, platform);

        foreach (var resource in Resources)
            await dashboard.HasStateAsync(resource, "Running");
        foreach (var service in (string[])["auth", "tasks", "notifications"])
            await Expect(dashboard.Row(service).GetByText("API", new() { Exact = true })).ToHaveAttributeAsync("href", $"{platform.Client(service).BaseAddress}scalar");
        await Expect(dashboard.Row("notifications").GetByText("Console")).ToBeVisibleAsync();
        await dashboard.TakeScreenshotAsync("dashboard-resources");
    }

    [Theory]
    [InlineData("redis", new string[0])]
    [InlineData("postgres", new[] { "auth-db", "tasks-db", "notifications-db" })]
    public async Task A_server_is_stopped_started_and_restarted_and_its_databases_follow(string server, string[] databases)
    {
        await using var dashboard = await DashboardPage.OpenAsync(chromium, platform);

        await dashboard.PressAsync(server, "Stop resource");
        foreach (var resource in databases.Append(server))
            await dashboard.HasStateAsync(resource, "Finished");
        await dashboard.PressAsync(server, "Start resource");
        foreach (var resource in databases.Append(server))
            await dashboard.HasStateAsync(resource, "Running");

        var started = await platform.StartTimeAsync(server);
        await dashboard.ExecuteAsync(server, "Restart");
        await platform.WaitForAsync(server, now => now.StartTimeStamp > started && now.HealthStatus == HealthStatus.Healthy);
        foreach (var resource in Resources)
            await platform.WaitForHealthyAsync(resource);
        await platform.WaitForDatabasesAsync();
    }

    [Fact]
    public async Task A_killed_service_is_displayed_as_exited_and_can_be_started_again()
    {
        await using var dashboard = await DashboardPage.OpenAsync(chromium, platform);

        await platform.KillAsync("tasks");
        await dashboard.HasStateAsync("tasks", "Finished");
        await dashboard.PressAsync("tasks", "Start resource");
        await dashboard.HasStateAsync("tasks", "Running");

        await platform.WaitForHealthyAsync("tasks");
    }

    [Fact]
    public async Task The_Metrics_page_shows_the_lag_of_a_stopped_group()
    {
        await using var dashboard = await DashboardPage.OpenAsync(chromium, platform);
        await dashboard.PressAsync(Worker, "Stop resource");
        try
        {
            await dashboard.HasStateAsync(Worker, "Finished");
            var deputy = await BusView.Until(ReporterAsync, name => name is not (null or Worker));

            // The page shows the sum over all streams, and an alert that fires or resolves meanwhile adds an event.
            for (var i = 0; i < 300; i++)
                await PublishAsync(LateTask);
            await dashboard.HasMeasuredAsync(deputy!, "eventbus.stream.lag", @"30\d");

            await dashboard.GoToAsync("/");
            await dashboard.PressAsync(Worker, "Start resource");
            await dashboard.HasStateAsync(Worker, "Running");
            await dashboard.HasMeasuredAsync(Worker, "eventbus.stream.lag", "0");
            await dashboard.ShowGraphAsync(Worker, "eventbus.stream.lag");
            await dashboard.TakeScreenshotAsync("dashboard-lag");
        }
        finally
        {
            await platform.StartServiceAsync(Worker);
        }
    }

    [Fact]
    public async Task Dead_letters_are_counted_reprocessed_and_purged()
    {
        await using var dashboard = await DashboardPage.OpenAsync(chromium, platform);
        await platform.WaitForHealthyAsync(Worker);
        await platform.PurgeDeadLettersAsync();
        await PublishAsync(NoTask);
        await BusView.Until(DeadLettersAsync, deadLetters => deadLetters.Count == 1);
        await dashboard.HasMeasuredAsync(Worker, "eventbus.dlq.size", "1");

        await dashboard.ExecuteAsync(Worker, "Reprocess all dead letters");
        await BusView.Until(() => platform.EntriesAsync(Created), entries => entries.Exists(entry => entry["data"] == NoTask && entry.ContainsKey("target_group")));
        await BusView.Until(DeadLettersAsync, deadLetters => deadLetters.Count == 1); // The event is still invalid.

        await dashboard.ExecuteAsync(Worker, "Purge dead letters", question: "Permanently delete every dead letter?");
        Assert.Empty(await DeadLettersAsync());
    }

    [Fact]
    public async Task The_Traces_page_follows_an_event_from_request_to_ack()
    {
        await using var dashboard = await DashboardPage.OpenAsync(chromium, platform);
        var worker = await platform.RegisterAsync("worker");
        var creator = await platform.SignInAsAdminAsync();
        string trace;
        using (var sent = new SentTrace())
        {
            trace = sent.Id;
            await creator.CreateTaskAsync("Fix bug", worker.UserId);
        }

        await BusView.Until(() => platform.TraceAsync(trace), spans =>
            spans.Any(span => span.Name == $"ack {Created}") && spans.Any(span => span.Name.StartsWith("POST", StringComparison.Ordinal)));

        await dashboard.GoToAsync($"/traces/detail/{trace}");
        foreach (var step in (string[])["create", "send", "process"])
            await dashboard.SeesAsync($"{step} {Created}");
        await dashboard.TakeScreenshotAsync("dashboard-trace");
    }

    private async Task PublishAsync(string data) => await platform.Redis.ExecuteAsync("XADD", Created, "*", "data", data);

    private Task<List<Dictionary<string, string>>> DeadLettersAsync() => platform.EntriesAsync("event_dlq");

    /// <summary>The resource whose process reports the shared gauges, from a consumer name like <c>TaskPlatform.Tasks:host-1</c>.</summary>
    private async Task<string?> ReporterAsync()
        => ((string?)await platform.Redis.StringGetAsync("events:sampler"))?.Split(':')[0] switch
        {
            "TaskPlatform.Auth" => "auth",
            "TaskPlatform.Tasks" => "tasks",
            "TaskPlatform.Notifications" => "notifications",
            "TaskPlatform.Notifications.Worker" => Worker,
            _ => null,
        };
}
