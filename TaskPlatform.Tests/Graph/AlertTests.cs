using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Monitoring;

namespace TaskPlatform.Tests.Graph;

/// <summary>An alert in the whole platform: those who operate it are told wherever they look.</summary>
public sealed class AlertTests
{
    /// <summary>Any of these may be elected to look after the bus; how its consumer name begins.</summary>
    private static readonly string[] Samplers =
        ["TaskPlatform.Auth:", "TaskPlatform.Tasks:", "TaskPlatform.Notifications:", "TaskPlatform.Notifications.Worker:"];

    [Fact]
    public async Task Dead_letters_call_the_webhook_tell_the_admin_and_degrade_the_health_until_they_are_purged_whoever_looks()
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
        await using var poison = await Poison.MixAsync(platform);
        var admin = await platform.SignInAsAdminAsync();
        var worker = await platform.RegisterAsync("worker");

        for (var round = 0; round < Samplers.Length; round++)
        {
            await ElectAsync(platform, Samplers[round]);
            await BusView.Until(() => HealthAsync(platform), status => status == "Healthy");

            await worker.CreateTaskAsync(poison.Title, worker.UserId);

            var firing = await receiver.NextAsync();
            Assert.Equal("firing", firing.GetProperty("status").GetString());
            Assert.Equal("dlq_growth", firing.GetProperty("commonLabels").GetProperty("alertname").GetString());
            await ToldAsync(admin, 2 * round + 1, "Alert: The dead letter queue grew by 1 ");
            await BusView.Until(() => HealthAsync(platform), status => status == "Degraded");

            using (var purged = await admin.Notifications.DeleteAsync("/admin/dlq?confirm=1", TestContext.Current.CancellationToken))
                await purged.ReadAsync(202);

            Assert.Equal("resolved", (await receiver.NextAsync()).GetProperty("status").GetString());
            await ToldAsync(admin, 2 * round + 2, "Alert is over: ");
        }

        await BusView.Until(() => HealthAsync(platform), status => status == "Healthy");
        Assert.Empty(await AlertsToldAsync(worker));
        Assert.Equal(0, receiver.Waiting);
    }

    /// <summary>Ends leases until the process gets one.</summary>
    private static Task<string?> ElectAsync(Platform platform, string sampler) => BusView.Until(
        async () =>
        {
            var elected = (string?)await platform.Redis.StringGetAsync("events:sampler");
            if (elected?.StartsWith(sampler, StringComparison.Ordinal) == false)
                await platform.Redis.KeyDeleteAsync("events:sampler");
            return elected;
        },
        elected => elected?.StartsWith(sampler, StringComparison.Ordinal) == true);

    private static Task<List<string>> ToldAsync(Session admin, int alerts, string last) => BusView.Until(
        () => AlertsToldAsync(admin),
        told => told.Count == alerts && told[0].StartsWith(last, StringComparison.Ordinal));

    private static async Task<string?> HealthAsync(Platform platform)
    {
        using var notifications = platform.Client("notifications");
        using var answer = await notifications.GetAsync("/health", TestContext.Current.CancellationToken);
        return (await answer.ReadAsync(200)).GetProperty("checks").GetProperty("event-bus").GetProperty("status").GetString();
    }

    /// <summary>Newest first.</summary>
    private static async Task<List<string>> AlertsToldAsync(Session session)
    {
        using var answer = await session.Notifications.GetAsync("/api/notifications?limit=100", TestContext.Current.CancellationToken);
        return [.. (await answer.ReadAsync(200)).GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("message").GetString()!)
            .Where(message => message.StartsWith("Alert", StringComparison.Ordinal))];
    }
}
