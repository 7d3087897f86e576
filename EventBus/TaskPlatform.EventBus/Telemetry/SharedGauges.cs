using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace TaskPlatform.EventBus;

/// <summary>
/// Gauges with the same value in every process, reported only by the elected one, so that replicas do not multiply them. Those of a named bus have
/// the tag <c>bus</c>.
/// </summary>
internal static class SharedGauges
{
    private static readonly ConcurrentDictionary<string, (string? Bus, BusSample Sample)> samples = new(StringComparer.Ordinal);

    static SharedGauges()
    {
        var meter = EventBusTelemetry.Meter;
        meter.CreateObservableGauge("eventbus.stream.length", () => Streams(s => s.Length), "{entry}", "Entries in the stream.");
        meter.CreateObservableGauge("eventbus.stream.lag", () => Groups(g => g.Lag, g => g.LagIsLowerBound), "{entry}", "Entries that the group has not read.");
        meter.CreateObservableGauge("eventbus.stream.lag.age", () => Groups(g => g.LagAge.TotalSeconds), "s", "Age of the oldest entry that the group has not read.");
        meter.CreateObservableGauge("eventbus.stream.pending", () => Groups(g => g.Pending), "{entry}", "Entries that the group has read but not acked.");
        meter.CreateObservableGauge("eventbus.stream.pending.oldest_idle", () => Groups(g => g.OldestIdle.TotalSeconds), "s", "Longest idle time of a pending entry.");
        meter.CreateObservableGauge("eventbus.stream.consumers", () => Groups(g => g.Consumers), "{consumer}", "Consumers of the group.");
        meter.CreateObservableGauge("eventbus.dlq.size", () => Single(s => s.DeadLetters), "{message}", "Dead letters.");
        meter.CreateObservableGauge("eventbus.dlq.oldest_age", () => Single(s => s.OldestDeadLetter.TotalSeconds), "s", "Age of the oldest dead letter.");
        meter.CreateObservableGauge("eventbus.retry.scheduled", () => Single(s => s.ScheduledRetries), "{message}", "Scheduled retries.");
        meter.CreateObservableGauge("eventbus.outbox.pending", () => Outboxes(o => o.Waiting), "{message}", "Events that are not published yet.");
        meter.CreateObservableGauge("eventbus.outbox.oldest_age", () => Outboxes(o => o.OldestAge.TotalSeconds), "s", "Age of the oldest event that is not published yet.");
    }

    /// <summary>Sets the latest sample of a bus; null if another process reports.</summary>
    public static void Update(string? bus, BusSample? latest)
    {
        if (latest is null)
            samples.TryRemove(bus ?? "", out _);
        else
            samples[bus ?? ""] = (bus, latest);
    }

    private static IEnumerable<Measurement<T>> Single<T>(Func<BusSample, T> value)
        where T : struct
        => samples.Values.Select(of => new Measurement<T>(value(of.Sample), Tags(of.Bus)));

    private static IEnumerable<Measurement<T>> Streams<T>(Func<StreamSample, T> value)
        where T : struct
        => samples.Values.SelectMany(of => of.Sample.Streams.Select(s => new Measurement<T>(value(s), Tags(of.Bus, ("stream", s.Stream)))));

    private static IEnumerable<Measurement<T>> Groups<T>(Func<GroupSample, T> value, Func<GroupSample, bool>? isLowerBound = null)
        where T : struct
        => samples.Values.SelectMany(of => of.Sample.Streams.SelectMany(s => s.Groups.Select(g =>
        {
            var tags = Tags(of.Bus, ("stream", s.Stream), ("group", g.Group));
            return new Measurement<T>(value(g), isLowerBound?.Invoke(g) == true ? [.. tags, new("capped", true)] : tags);
        })));

    private static IEnumerable<Measurement<T>> Outboxes<T>(Func<OutboxSample, T> value)
        where T : struct
        => samples.Values.SelectMany(of => of.Sample.Outboxes.Select(o => new Measurement<T>(value(o), Tags(of.Bus, ("service", o.Service)))));

    private static KeyValuePair<string, object?>[] Tags(string? bus, params ReadOnlySpan<(string Name, string Value)> tags)
    {
        var all = new List<KeyValuePair<string, object?>>();
        if (bus is not null)
            all.Add(new("bus", bus));
        foreach (var (name, value) in tags)
            all.Add(new(name, value));
        return [.. all];
    }
}
