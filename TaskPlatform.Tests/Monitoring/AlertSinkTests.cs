using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>What each alert sink of a process receives, and the text of an alert while it fires.</summary>
public sealed class AlertSinkTests(RedisServer redis, PostgresServer postgres)
{
    [Fact]
    public async Task Each_sink_receives_each_change_once_even_if_others_fail()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        ListedAlerts before = new(), failing = new() { IsAway = true }, after = new();
        await using var process = await StartAsync(place, before, failing, after);
        await SamplerProcess.CountedAsync(view);

        await SamplerProcess.AddDeadLetterAsync(view);
        for (var evaluations = 0; evaluations < 3; evaluations++)
            await SamplerProcess.EvaluateAsync(process);

        Assert.Equal(3, failing.Calls);
        Assert.All([before, after], sink => Assert.Equal(["firing"], sink.Received));

        await view.Redis.ExecuteAsync("DEL", place.Prefix + "event_dlq");
        await SamplerProcess.EvaluateAsync(process);
        failing.IsAway = false;
        await SamplerProcess.EvaluateAsync(process);
        await SamplerProcess.EvaluateAsync(process);

        Assert.All([before, failing, after], sink => Assert.Equal(["firing", "resolved"], sink.Received));
        Assert.All([before, after], sink => Assert.Equal(2, sink.Calls));
    }

    [Fact]
    public async Task The_text_of_a_firing_alert_is_refreshed_without_a_report()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var sink = new ListedAlerts();
        await using var process = await StartAsync(place, sink);
        await using var other = await SamplerProcess.StartAsync(place, "other", SamplerProcess.Never);
        await SamplerProcess.CountedAsync(view);

        await AddDeadLettersAsync(view, 3);
        await SamplerProcess.EvaluateAsync(process);
        Assert.Contains("it holds 3.", await DescriptionAsync(process), StringComparison.Ordinal);

        await AddDeadLettersAsync(view, 9);
        await SamplerProcess.EvaluateAsync(process);
        await SamplerProcess.EvaluateAsync(other);

        foreach (var each in new[] { process, other })
            Assert.Contains("it holds 12.", await DescriptionAsync(each), StringComparison.Ordinal);
        Assert.Equal(["firing"], sink.Received);
        await BusView.Until(() => view.EntriesAsync("events:alert.changed"), entries => entries.Count == 1);

        await view.Redis.ExecuteAsync("DEL", place.Prefix + "event_dlq");
        await SamplerProcess.EvaluateAsync(process);

        Assert.Equal(["firing", "resolved"], sink.Received);
        Assert.Contains("it holds 12.", sink.Last!.Summary, StringComparison.Ordinal);
        await BusView.Until(() => view.EntriesAsync("events:alert.changed"), entries => entries.Count == 2);
        Assert.Equal(0, await view.Redis.HashLengthAsync(place.Prefix + "events:alerts"));
    }

    private static Task<BusProcess> StartAsync(BusPlace place, params ListedAlerts[] sinks)
        => SamplerProcess.StartAsync(place, "one", SamplerProcess.Never, configure: services =>
        {
            foreach (var sink in sinks)
                services.AddSingleton<IAlertSink>(sink);
        });

    private static async Task AddDeadLettersAsync(BusView view, int count)
    {
        for (; count > 0; count--)
            await SamplerProcess.AddDeadLetterAsync(view);
    }

    private static async Task<string?> DescriptionAsync(BusProcess process)
        => (await process.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(check => check.Name == "event-bus", TestContext.Current.CancellationToken)).Entries["event-bus"].Description;

    private sealed class ListedAlerts : IAlertSink
    {
        public bool IsAway { get; set; }

        public int Calls { get; private set; }

        public List<string> Received { get; } = [];

        public AlertChanged? Last { get; private set; }

        public Task NotifyAsync(AlertChanged alert, CancellationToken cancellationToken)
        {
            Calls++;
            if (IsAway)
                throw new InvalidOperationException("The sink is away.");

            Last = alert;
            Received.Add(alert.IsResolved ? "resolved" : "firing");
            return Task.CompletedTask;
        }
    }
}
