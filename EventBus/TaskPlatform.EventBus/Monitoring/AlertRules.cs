using System.Globalization;

namespace TaskPlatform.EventBus;

/// <summary>Evaluates consecutive samples and returns the alerts that start or end. Keeps state, but has no side effects.</summary>
internal sealed class AlertRules(AlertOptions options)
{
    private const string DeadLetterIdsExhaustedSummary =
        "event_dlq has exhausted its ids: an entry was added with the largest id. Failed events stay pending until dead letters can be added again. "
        + "To fix this, reprocess or delete the dead letters; an empty queue is recreated.";

    private readonly Dictionary<(string Rule, string Subject), AlertChanged> firing = [];
    private readonly Dictionary<(string Rule, string Subject), DateTimeOffset> since = [];
    private readonly Dictionary<(string Rule, string Subject), Queue<(DateTimeOffset At, long Count)>> history = [];
    private bool hasBaseline;

    /// <summary>The minimum of each count within its window, from which growth is measured; key = rule and subject.</summary>
    public IEnumerable<KeyValuePair<string, long>> Baseline
        => history.Select(counts => KeyValuePair.Create($"{counts.Key.Rule} {counts.Key.Subject}", counts.Value.Min(entry => entry.Count)));

    /// <summary>The firing alerts, each with the summary of the last sample.</summary>
    public IEnumerable<AlertChanged> Firing => firing.Values;

    /// <summary>
    /// Takes over the firing alerts of an earlier sampler, so that they are not reported again, and its <see cref="Baseline"/>, so that growth
    /// between the two terms is detected.
    /// </summary>
    public void TakeOver(IEnumerable<AlertChanged> alerts, IReadOnlyCollection<KeyValuePair<string, long>> baseline, DateTimeOffset now)
    {
        firing.Clear();
        since.Clear();
        history.Clear();
        foreach (var alert in alerts)
            firing[(alert.Rule, alert.Subject)] = alert;
        foreach (var (name, count) in baseline)
        {
            var space = name.IndexOf(' ', StringComparison.Ordinal);
            history[(name[..space], name[(space + 1)..])] = new Queue<(DateTimeOffset, long)>([(now, count)]);
        }

        hasBaseline = baseline.Count > 0;
    }

    /// <summary>Returns the alerts that changed with this sample.</summary>
    public IReadOnlyList<AlertChanged> Evaluate(BusSample sample)
    {
        var now = sample.At;
        var changes = new List<AlertChanged>();
        var violated = new HashSet<(string, string)>();
        foreach (var (rule, subject, duration, summary) in Violations(sample))
        {
            var key = (rule, subject);
            violated.Add(key);
            since.TryAdd(key, now);
            if (firing.TryGetValue(key, out var alert))
                firing[key] = alert with { Summary = summary };
            if (alert is not null || now - since[key] < duration)
                continue;

            firing[key] = new AlertChanged(rule, subject, summary, since[key], null);
            changes.Add(firing[key]);
        }

        hasBaseline = true;
        foreach (var key in since.Keys.Where(key => !violated.Contains(key)).ToList())
            since.Remove(key);
        foreach (var (key, alert) in firing.Where(alert => !violated.Contains(alert.Key)).ToList())
        {
            firing.Remove(key);
            changes.Add(alert with { EndsAt = now });
        }

        return changes;
    }

    private IEnumerable<(string Rule, string Subject, TimeSpan For, string Summary)> Violations(BusSample sample)
    {
        var now = sample.At;
        foreach (var stream in sample.Streams)
        {
            if (stream.Ahead > options.IdsAhead.Threshold)
                yield return ("ids_ahead", stream.Stream, options.IdsAhead.For, stream.IdsExhausted ? IdsExhaustedSummary(stream) : IdsAheadSummary(stream, now));
            foreach (var group in stream.Groups)
            {
                var subject = $"{stream.Stream} {group.Group}";
                if (group.LagAge > options.LagAge.Threshold)
                    yield return ("lag_age", subject, options.LagAge.For, $"{group.Group} has not read {stream.Stream} for {Text(group.LagAge)}; {group.Lag} entries wait.");
                if (group.OldestIdle > options.PendingIdle.Threshold)
                    yield return ("pending_idle", subject, options.PendingIdle.For, $"{group.Group} has an entry of {stream.Stream} pending that has been idle for {Text(group.OldestIdle)}.");
            }
        }

        if (sample.DeadLetterIdsExhausted)
            yield return ("ids_ahead", "event_dlq", options.IdsAhead.For, DeadLetterIdsExhaustedSummary);

        foreach (var outbox in sample.Outboxes.Where(outbox => outbox.OldestAge > options.OutboxAge.Threshold))
            yield return ("outbox_age", outbox.Service, options.OutboxAge.For, $"{outbox.Service} has {outbox.Waiting} unpublished events, the oldest for {Text(outbox.OldestAge)}.");

        if (Growth("dlq_growth", "", sample.DeadLetters, options.DeadLetters, now) is { } dead)
            yield return ("dlq_growth", "", options.DeadLetters.For, $"The dead letter queue grew by {dead} within {Text(options.DeadLetters.Window)}; it holds {sample.DeadLetters}.");

        foreach (var lost in sample.Lost)
        {
            var subject = $"{lost.Stream} {lost.Group}";
            if (Growth("lost_entries", subject, lost.Count, options.LostEntries, now) is { } count)
                yield return ("lost_entries", subject, options.LostEntries.For, $"{lost.Group} lost {count} entries of {lost.Stream} within {Text(options.LostEntries.Window)}.");
        }
    }

    private static string IdsExhaustedSummary(StreamSample stream)
        => $"{stream.Stream} has exhausted its ids: an entry was added with the largest id. No event and no retry can be added to it; "
        + "new events stay in the log. To fix this, wait until its groups have a lag of 0 and only retries pending, then DEL the stream; "
        + "the bus recreates it and publishes the unfinished events again.";

    private static string IdsAheadSummary(StreamSample stream, DateTimeOffset now)
        => string.Create(CultureInfo.InvariantCulture, $"The last id of {stream.Stream} is in the future, at {now + stream.Ahead:yyyy-MM-dd HH:mm} UTC: ")
        + "an entry was added with an explicit id, or the clock was set back. Until then lag_age can't fire for the stream, and it is trimmed late. "
        + "To fix this, wait until its groups have a lag of 0 and nothing pending, then DEL the stream; the bus recreates it.";

    /// <summary>The growth of a count above its minimum within the window; null if it is below the threshold.</summary>
    private long? Growth(string rule, string subject, long count, CountRule limit, DateTimeOffset now)
    {
        if (!history.TryGetValue((rule, subject), out var counts))
        {
            // At the first evaluation the previous count is unknown; later, a count that appears for the first time was 0 before.
            history[(rule, subject)] = counts = new Queue<(DateTimeOffset, long)>();
            if (hasBaseline)
                counts.Enqueue((now, 0));
        }

        counts.Enqueue((now, count));
        while (now - counts.Peek().At > limit.Window)
            counts.Dequeue();
        var growth = count - counts.Min(entry => entry.Count);
        return growth >= limit.Threshold ? growth : null;
    }

    private static string Text(TimeSpan time) => time.TotalMinutes >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");
}
