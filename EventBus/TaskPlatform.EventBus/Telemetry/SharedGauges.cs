using System.Diagnostics.Metrics;

namespace TaskPlatform.EventBus;

/// <summary>What is the same from wherever one looks: reported by the one process that is elected to, so that replicas don't multiply it.</summary>
internal static class SharedGauges
{
    private static BusSample? sample;

    static SharedGauges()
    {
        var meter = EventBusTelemetry.Meter;
        meter.CreateObservableGauge("taskplatform.stream.length", () => Streams(s => s.Length), "{entry}", "Entries in the stream.");
        meter.CreateObservableGauge("taskplatform.stream.lag", () => Groups(g => g.Lag, g => g.LagIsLowerBound), "{entry}", "Entries that the group has not read.");
        meter.CreateObservableGauge("taskplatform.stream.lag.age", () => Groups(g => g.LagAge.TotalSeconds), "s", "Age of the oldest entry that the group has not read.");
        meter.CreateObservableGauge("taskplatform.stream.pending", () => Groups(g => g.Pending), "{entry}", "Entries that the group has read and not acked.");
        meter.CreateObservableGauge("taskplatform.stream.pending.oldest_idle", () => Groups(g => g.OldestIdle.TotalSeconds), "s", "How long the most neglected pending entry was not touched.");
        meter.CreateObservableGauge("taskplatform.stream.consumers", () => Groups(g => g.Consumers), "{consumer}", "Consumers of the group.");
        meter.CreateObservableGauge("taskplatform.dlq.size", () => Single(s => s.DeadLetters), "{message}", "Dead letters.");
        meter.CreateObservableGauge("taskplatform.dlq.oldest_age", () => Single(s => s.OldestDeadLetter.TotalSeconds), "s", "Age of the oldest dead letter.");
        meter.CreateObservableGauge("taskplatform.retry.scheduled", () => Single(s => s.ScheduledRetries), "{message}", "Retries that wait for their time.");
        meter.CreateObservableGauge("taskplatform.outbox.pending", () => Outboxes(o => o.Waiting), "{message}", "Events that wait to be published.");
        meter.CreateObservableGauge("taskplatform.outbox.oldest_age", () => Outboxes(o => o.OldestAge.TotalSeconds), "s", "Age of the oldest event that waits to be published.");
    }

    /// <summary>The latest sample, or null where another process reports.</summary>
    public static void Show(BusSample? latest) => Volatile.Write(ref sample, latest);

    private static IEnumerable<Measurement<T>> Single<T>(Func<BusSample, T> value)
        where T : struct
        => Volatile.Read(ref sample) is { } current ? [new Measurement<T>(value(current))] : [];

    private static IEnumerable<Measurement<T>> Streams<T>(Func<StreamSample, T> value)
        where T : struct
        => Volatile.Read(ref sample)?.Streams.Select(s => new Measurement<T>(value(s), new KeyValuePair<string, object?>("stream", s.Stream))) ?? [];

    private static IEnumerable<Measurement<T>> Groups<T>(Func<GroupSample, T> value, Func<GroupSample, bool>? isLowerBound = null)
        where T : struct
        => Volatile.Read(ref sample)?.Streams.SelectMany(s => s.Groups.Select(g =>
        {
            KeyValuePair<string, object?>[] tags = [new("stream", s.Stream), new("group", g.Group)];
            return new Measurement<T>(value(g), isLowerBound?.Invoke(g) == true ? [.. tags, new("capped", true)] : tags);
        })) ?? [];

    private static IEnumerable<Measurement<T>> Outboxes<T>(Func<OutboxSample, T> value)
        where T : struct
        => Volatile.Read(ref sample)?.Outboxes.Select(o => new Measurement<T>(value(o), new KeyValuePair<string, object?>("service", o.Service))) ?? [];
}
