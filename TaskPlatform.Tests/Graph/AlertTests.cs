using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Monitoring;

namespace TaskPlatform.Tests.Graph;

/// <summary>An alert in the whole platform, from its cause to the webhook, the health check and the admin's notification.</summary>
[Collection(SharedPlatform.Name)]
public sealed class AlertTests
{
    /// <summary>The prefix of its consumer names.</summary>
    private const string Worker = "TaskPlatform.Notifications.Worker:";

    [Fact]
    public async Task Dead_letters_are_reported_once_whether_the_worker_or_a_service_measures()
    {
        await using var receiver = await WebhookReceiver.StartAsync(refusals: 0);
        await using var platform = await Platform.StartNewAsync(builder =>
        {
            foreach (var service in builder.Resources.OfType<ProjectResource>())
            {
                builder.CreateResourceBuilder(service)
                    .WithEnvironment("EventBus__Alerts__Interval", "00:00:00.5")
                    .WithEnvironment("EventBus__Alerts__Webhook", receiver.Address.ToString())
                    .WithEnvironment("EventBus__RetryDelays__0", "00:00:00")
                    .WithEnvironment("EventBus__RetryDelays__1", "00:00:00")
                    .WithEnvironment("EventBus__RetryDelays__2", "00:00:00");
            }
        });
        await using var poison = await Poison.CreateAsync(platform);
        var admin = await platform.SignInAsAdminAsync();
        var worker = await platform.RegisterAsync("worker");

        // The worker is the sampler.
        await ElectedAsync(platform, sampler => sampler.StartsWith(Worker, StringComparison.Ordinal));
        await BusView.Until(() => HealthAsync(platform), status => status == "Healthy");
        await worker.CreateTaskAsync(poison.Title, worker.UserId);
        await ReceivedAsync(receiver, "firing");
        await NotifiedAsync(admin, 1, "Alert: The dead letter queue grew by 1 ");
        await BusView.Until(() => HealthAsync(platform), status => status == "Degraded");
        using (var purged = await admin.Notifications.DeleteAsync("/admin/dlq?confirm=1", TestContext.Current.CancellationToken))
            await purged.ReadAsync(202);
        await ReceivedAsync(receiver, "resolved");
        await NotifiedAsync(admin, 2, "Alert resolved: ");

        // The worker is dead, so a service becomes the sampler. Only the admin's notification has to wait for the worker.
        await platform.KillAsync("notifications-worker");
        await ElectedAsync(platform, sampler => !sampler.StartsWith(Worker, StringComparison.Ordinal));
        await platform.Redis.StreamAddAsync("event_dlq", "data", "{}");
        await ReceivedAsync(receiver, "firing");
        await BusView.Until(() => HealthAsync(platform), status => status == "Degraded");

        // The worker becomes the sampler again.
        await platform.StartServiceAsync("notifications-worker");
        await ElectedAsync(platform, sampler => sampler.StartsWith(Worker, StringComparison.Ordinal));
        await NotifiedAsync(admin, 3, "Alert: The dead letter queue grew by 1 ");
        await platform.Redis.KeyDeleteAsync("event_dlq");
        await ReceivedAsync(receiver, "resolved");
        await NotifiedAsync(admin, 4, "Alert resolved: ");

        await BusView.Until(() => HealthAsync(platform), status => status == "Healthy");
        Assert.Empty(await AlertsAsync(worker));
        Assert.Equal(0, receiver.Waiting);
    }

    private static Task<string?> ElectedAsync(Platform platform, Func<string, bool> isExpected) => BusView.Until(
        async () => (string?)await platform.Redis.StringGetAsync("events:sampler"),
        sampler => sampler is not null && isExpected(sampler));

    private static async Task ReceivedAsync(WebhookReceiver receiver, string status)
    {
        var received = await receiver.NextAsync();
        Assert.Equal(status, received.GetProperty("status").GetString());
        Assert.Equal("dlq_growth", received.GetProperty("commonLabels").GetProperty("alertname").GetString());
    }

    private static Task<List<string>> NotifiedAsync(Session admin, int alerts, string last) => BusView.Until(
        () => AlertsAsync(admin),
        found => found.Count == alerts && found[0].StartsWith(last, StringComparison.Ordinal));

    private static async Task<string?> HealthAsync(Platform platform)
    {
        using var notifications = platform.Client("notifications");
        using var answer = await notifications.GetAsync("/health", TestContext.Current.CancellationToken);
        return (await answer.ReadAsync(200)).GetProperty("checks").GetProperty("event-bus").GetProperty("status").GetString();
    }

    /// <summary>Returns the alert notifications, newest first.</summary>
    private static async Task<List<string>> AlertsAsync(Session session)
    {
        using var answer = await session.Notifications.GetAsync("/api/notifications?limit=100", TestContext.Current.CancellationToken);
        return [.. (await answer.ReadAsync(200)).GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("message").GetString()!)
            .Where(message => message.StartsWith("Alert", StringComparison.Ordinal))];
    }
}
