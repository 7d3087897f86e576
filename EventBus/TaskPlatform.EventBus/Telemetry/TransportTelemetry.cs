namespace TaskPlatform.EventBus;

/// <summary>Metrics of what only a transport notices. The engine records all others.</summary>
public static class TransportTelemetry
{
    /// <summary>Counts an ack that failed and is repeated.</summary>
    /// <param name="stream">The stream, as in <see cref="EventPosition.Channel"/>.</param>
    /// <param name="group">The consumer group.</param>
    public static void AckFailed(string stream, string group) => EventBusTelemetry.AckFailures.Add(1, EventBusTelemetry.OwnTags(stream, group));

    /// <summary>Counts entries that were removed before their group had handled them.</summary>
    /// <param name="stream">The stream, as in <see cref="EventPosition.Channel"/>.</param>
    /// <param name="group">The consumer group.</param>
    /// <param name="count">The number of entries.</param>
    public static void EntriesLost(string stream, string group, long count)
        => EventBusTelemetry.EntriesLost.Add(count, EventBusTelemetry.OwnTags(stream, group));

    /// <summary>Records that a group prevents a stream from being trimmed, or no longer does.</summary>
    /// <param name="stream">The stream, as in <see cref="EventPosition.Channel"/>.</param>
    /// <param name="group">The consumer group.</param>
    /// <param name="age">The age of the stream's oldest entry; zero if the group no longer prevents the trimming.</param>
    public static void HeldBack(string stream, string group, TimeSpan age)
        => EventBusTelemetry.HeldBack.Record(age.TotalSeconds, EventBusTelemetry.OwnTags(stream, group));
}
