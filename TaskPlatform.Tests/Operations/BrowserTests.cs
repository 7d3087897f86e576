using System.Text.RegularExpressions;
using Microsoft.Playwright;
using TaskPlatform.Tests.Dashboard;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>An operator's session in a real browser.</summary>
[Collection(OperationsTests.Name)]
public sealed class BrowserTests(OperationsFixture platform, Chromium chromium)
{
    [Fact]
    public async Task A_poison_event_is_displayed_fixed_and_delivered()
    {
        var page = await chromium.NewPageAsync();
        using var worker = await platform.Services.RegisterAsync("Wanda");
        await BusView.Until(() => worker.GetAsync("/api/notifications"), found => found.Text.Contains("Welcome", StringComparison.Ordinal));
        await using var database = platform.Services.OpenDatabase("notifications-db");

        // A constraint that was added by mistake: the handler's INSERT fails on every attempt.
        await ExecuteAsync(database, "ALTER TABLE notifications ADD CONSTRAINT no_pets CHECK (message NOT LIKE '%Feed the fish%')");

        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                complaints.Add(message.Text);
        };

        await page.GotoAsync(Address("/console"));
        await page.GetByLabel("E-mail").FillAsync(RunningServices.AdminEmail);
        await page.GetByLabel("Password").FillAsync(RunningServices.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();

        // The dead letter appears on the open page without a click.
        await page.GotoAsync(Address("/console/dead-letters?type=task.created&group=notifications_service"));
        await Assertions.Expect(page.GetByText("No dead letters.")).ToBeVisibleAsync();
        await worker.CreateTaskAsync("Feed the fish <script>", worker.UserId);
        var kind = page.GetByRole(AriaRole.Link, new() { Name = "PostgresException" });
        await Assertions.Expect(kind).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await kind.ClickAsync();
        await page.Locator("table").Nth(1).GetByRole(AriaRole.Link).First.ClickAsync();
        await Assertions.Expect(page.GetByLabel("Event")).ToContainTextAsync("Feed the fish <script>");
        await Assertions.Expect(page.GetByLabel("Stack")).ToContainTextAsync("no_pets");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Trace" }))
            .ToHaveAttributeAsync("href", new Regex("^http://dashboard.example:15888/traces/detail/[0-9a-f]{32}$"));

        // The cause is fixed, and the events are reprocessed.
        await ExecuteAsync(database, "ALTER TABLE notifications DROP CONSTRAINT no_pets");
        await page.GotoAsync(Address("/console/dead-letters?type=task.created&group=notifications_service"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Reprocess 1…" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Reprocess 1" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Reprocess done" })).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await BusView.Until(() => worker.GetAsync("/api/notifications"), found => found.Text.Contains("Feed the fish", StringComparison.Ordinal));

        // Resulting events appear on the live page.
        await page.GotoAsync(Address("/console/live?type=task.completed"));
        await Assertions.Expect(page.GetByText("connected", new() { Exact = true })).ToBeVisibleAsync();
        var another = await worker.CreateTaskAsync("And the cat", worker.UserId);
        await worker.PostAsync($"/api/tasks/{another}/complete");
        await Assertions.Expect(page.Locator("#live li").First).ToContainTextAsync($"task.completed{another}", new() { Timeout = 20_000 });
        Assert.Empty(complaints);
    }

    private string Address(string path) => new Uri(platform.Services.NotificationsAddress, path).ToString();

    private static async Task ExecuteAsync(Npgsql.NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
