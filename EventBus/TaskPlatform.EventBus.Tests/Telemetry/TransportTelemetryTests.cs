using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.InMemory;

namespace TaskPlatform.EventBus.Tests.Telemetry;

/// <summary>The spans and metrics of an event do not depend on the transport, but name it.</summary>
public sealed partial class TransportTelemetryTests
{
    private const string Letters = "events:letter.posted"; // No other test publishes to it: all tests of this process share the instruments.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_in_memory_is_traced_and_counted_from_its_creation_to_its_ack()
    {
        var spans = new ConcurrentBag<Activity>();
        var counts = new ConcurrentDictionary<string, (long Sum, object? System)>(StringComparer.Ordinal);
        using var activities = Listen(spans);
        using var meters = Listen(counts);
        var handled = new TaskCompletionSource();
        using var host = CreateHost(handled);
        await host.StartAsync(Cancellation);

        await using (var scope = host.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(new LetterPosted(1), cancellationToken: Cancellation);
        await handled.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await host.StopAsync(Cancellation); // The consumer drains: the event is settled.

        Assert.Equal(
            [$"ack {Letters}", $"create {Letters}", $"process {Letters}", $"send {Letters}"],
            spans.Select(span => span.DisplayName).Order(StringComparer.Ordinal));
        Assert.All(spans, span => Assert.Equal("in_memory", span.GetTagItem("messaging.system")));
        Assert.Single(spans.Select(span => span.TraceId).Distinct());
        var entryId = Assert.Single(await host.Services.GetRequiredService<IStreamAdmin>().EntriesAsync(
            LetterPosted.Type, 1, null, newestFirst: true, Cancellation)).EntryId;
        Assert.All(spans.Where(span => !span.DisplayName.StartsWith("create", StringComparison.Ordinal)), span => Assert.Equal(entryId, span.GetTagItem("eventbus.entry.id")));
        Assert.Equal((1, "in_memory"), counts["messaging.client.sent.messages"]);
        Assert.Equal((1, "in_memory"), counts["messaging.client.consumed.messages"]);
    }

    private static IHost CreateHost(TaskCompletionSource handled)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(handled);
        builder.Services.AddEventBus(bus => bus
            .AddEvents(events => events.Add<LetterPosted>())
            .UseInMemory()
            .AddConsumerGroup("readers", group => group.UseInMemoryInbox().Handle<LetterPosted, Signal>()));
        return builder.Build();
    }

    private static ActivityListener Listen(ConcurrentBag<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EventBusTelemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("messaging.destination.name") is Letters)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static MeterListener Listen(ConcurrentDictionary<string, (long Sum, object? System)> counts)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == EventBusTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var known = tags.ToArray().ToDictionary();
            if (known.GetValueOrDefault("messaging.destination.name") is Letters)
                counts.AddOrUpdate(instrument.Name, (value, known["messaging.system"]), (_, before) => (before.Sum + value, before.System));
        });
        listener.Start();
        return listener;
    }

    private sealed record LetterPosted(int LetterId) : IEvent<LetterPosted>
    {
        public static string Type => "letter.posted";

        public static JsonTypeInfo<LetterPosted> JsonTypeInfo => LettersJson.Default.LetterPosted;

        string IEvent<LetterPosted>.AggregateId => "1";
    }

    [JsonSerializable(typeof(LetterPosted))]
    private sealed partial class LettersJson : JsonSerializerContext;

    private sealed class Signal(TaskCompletionSource handled) : IEventHandler<LetterPosted>
    {
        public Task HandleAsync(LetterPosted data, EventContext context, CancellationToken cancellationToken)
        {
            handled.SetResult();
            return Task.CompletedTask;
        }
    }
}
