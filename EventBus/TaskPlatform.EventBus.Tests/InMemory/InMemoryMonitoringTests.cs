using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>Samples and alerts on the transport in memory, under a fake clock.</summary>
public sealed class InMemoryMonitoringTests : IAsyncDisposable
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly InMemoryBroker broker;
    private readonly List<IHost> hosts = [];

    public InMemoryMonitoringTests() => broker = new InMemoryBroker(clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync(Cancellation);
            host.Dispose();
        }

        broker.Dispose();
    }

    [Fact]
    public async Task A_dead_letter_raises_an_alert_which_is_published_and_resolved_once_it_is_purged()
    {
        var alerts = new ListedAlerts();
        var host = await StartAsync("worker", consumes: true, alerts);
        await LatestAsync(host, sample => sample.DeadLetters == 0);

        await PublishAsync(host, new ParcelSent(-1));

        var firing = await NextAsync(alerts.Reported.Reader);
        Assert.Equal(("dlq_growth", false), (firing.Rule, firing.IsResolved));
        Assert.Equal(1, (await LatestAsync(host, sample => sample.DeadLetters > 0)).DeadLetters);
        Assert.Equal(HealthStatus.Degraded, await HealthAsync(host));

        var queue = host.Services.GetRequiredService<IDeadLetterQueue>();
        await queue.DeleteAsync([(await queue.FindNewestAsync(Cancellation))!], Cancellation);

        var resolved = await NextAsync(alerts.Reported.Reader);
        Assert.Equal((true, true), (resolved.IsResolved, resolved.IsSame(firing)));
        Assert.Equal(firing, await NextAsync(alerts.Appended.Reader));
        Assert.Equal(resolved, await NextAsync(alerts.Appended.Reader));
        await LatestAsync(host, sample => sample.DeadLetters == 0);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(host));
        Assert.Empty(broker.Monitoring.Unpublished);
    }

    [Fact]
    public async Task A_sample_has_the_lag_of_a_group_and_the_unpublished_events_of_a_service()
    {
        var host = await StartAsync("publisher", consumes: false);
        await PublishAsync(host, new ParcelSent(1));
        await PublishAsync(host, new ParcelSent(2));
        lock (broker.Gate)
            broker.Stream("parcel.sent").Join("readers", clock.GetUtcNow()).Read("one", max: 1, clock.GetTimestamp());
        await host.Services.GetRequiredService<IEventTransport>().Capabilities.OutboxReports!.ReportAsync("shop", 3, TimeSpan.FromSeconds(7), Cancellation);

        clock.Advance(TimeSpan.FromSeconds(3));

        var sample = (await EvaluateAsync(host))!;

        Assert.Equal(sample.At, (await host.Services.GetRequiredService<IBusSamples>().LatestAsync(Cancellation))!.At);
        var stream = sample.Streams.Single(stream => stream.Stream == "events:parcel.sent");
        Assert.Equal(
            new GroupSample("readers", 1, false, TimeSpan.FromSeconds(3), 1, TimeSpan.FromSeconds(3), Consumers: 0), Assert.Single(stream.Groups));
        Assert.Equal(2, stream.Length);
        Assert.Equal([new OutboxSample("shop", 3, TimeSpan.FromSeconds(10))], sample.Outboxes);
    }

    [Fact]
    public async Task A_process_with_consumer_groups_takes_over_and_another_one_waits_for_the_end_of_its_lease()
    {
        var service = await StartAsync("service", consumes: false);
        Assert.NotNull(await EvaluateAsync(service));
        var worker = await StartAsync("worker", consumes: true);
        Assert.NotNull(await EvaluateAsync(worker));

        Assert.Null(await EvaluateAsync(service));

        await worker.StopAsync(Cancellation);
        clock.Advance(TimeSpan.FromSeconds(16));
        Assert.NotNull(await EvaluateAsync(service));
    }

    private static Task<BusSample?> EvaluateAsync(IHost host)
        => host.Services.GetServices<IHostedService>().OfType<BusMonitor>().Single().RunOnceAsync(Cancellation);

    private static async Task<HealthStatus> HealthAsync(IHost host)
        => (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Status;

    private static async Task PublishAsync(IHost host, ParcelSent data)
    {
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(data, cancellationToken: Cancellation);
    }

    private async Task<IHost> StartAsync(string name, bool consumes, ListedAlerts? alerts = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging().AddSingleton<TimeProvider>(clock);
        builder.Services.AddEventBus(bus =>
        {
            bus.AddEvents(events => events.Add<ParcelSent>().Add<LetterLost>().Add<AlertChanged>())
                .UseInMemory(broker)
                .Configure(options => options.MaxRetries = 0);
            if (consumes)
                bus.AddConsumerGroup("readers", group => group.WithoutInbox().Handle<ParcelSent, FailParcel>());
        });
        builder.Services.AddSingleton(new ConsumerName(name));
        if (alerts is not null)
            builder.Services.AddSingleton<IAlertSink>(alerts).AddSingleton<IAlertLog>(alerts);
        var host = builder.Build();
        hosts.Add(host);
        await host.StartAsync(Cancellation);
        return host;
    }

    private async Task<T> NextAsync<T>(ChannelReader<T> reader)
    {
        var next = reader.ReadAsync(Cancellation).AsTask();
        await clock.UntilAsync(next);
        return await next;
    }

    /// <summary>The first stored sample that matches.</summary>
    private async Task<BusSample> LatestAsync(IHost host, Func<BusSample, bool> matches)
    {
        var samples = host.Services.GetRequiredService<IBusSamples>();
        var found = Task.Run(
            async () =>
            {
                while (true)
                {
                    if (await samples.LatestAsync(Cancellation) is { } latest && matches(latest))
                        return latest;
                    await Task.Yield();
                }
            },
            Cancellation);
        await clock.UntilAsync(found);
        return await found;
    }

    private sealed class ListedAlerts : IAlertSink, IAlertLog
    {
        public Channel<AlertChanged> Reported { get; } = Channel.CreateUnbounded<AlertChanged>();

        public Channel<AlertChanged> Appended { get; } = Channel.CreateUnbounded<AlertChanged>();

        public Task NotifyAsync(AlertChanged alert, CancellationToken cancellationToken)
            => Reported.Writer.WriteAsync(alert, cancellationToken).AsTask();

        public Task AppendAsync(AlertChanged alert, CancellationToken cancellationToken)
            => Appended.Writer.WriteAsync(alert, cancellationToken).AsTask();
    }

    private sealed class FailParcel : IEventHandler<ParcelSent>
    {
        public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
            => throw new NonRetryableException("It fails.");
    }
}
