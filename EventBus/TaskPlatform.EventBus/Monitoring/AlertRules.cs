using System.Globalization;

namespace TaskPlatform.EventBus;

/// <summary>Looks at one sample after the other, and says which alerts begin and which are over. It remembers, and does nothing else.</summary>
internal sealed class AlertRules(AlertOptions options)
{
    private const string DeadLetterIdsExhaustedSummary =
        "event_dlq has used up its ids: an entry was added with the largest one. What a group gives up stays pending in its stream until there is room. "
        + "Remedy: reprocess or delete the dead letters; an empty queue begins anew.";

    private readonly Dictionary<(string Rule, string Subject), AlertChanged> firing = [];
    private readonly Dictionary<(string Rule, string Subject), DateTimeOffset> since = [];
    private readonly Dictionary<(string Rule, string Subject), Queue<(DateTimeOffset At, long Count)>> history = [];
    private bool hasBaseline;

    /// <summary>What was counted at the lowest, within its window, of all that may grow; key = rule and subject.</summary>
    public IEnumerable<KeyValuePair<string, long>> Baseline
        => history.Select(counts => KeyValuePair.Create($"{counts.Key.Rule} {counts.Key.Subject}", counts.Value.Min(entry => entry.Count)));

    /// <summary>What fires, each alert with the text of the last sample.</summary>
    public IEnumerable<AlertChanged> Firing => firing.Values;

    /// <summary>
    /// Takes over from an earlier sampler what fires, so that a new one does not tell it again, and its <see cref="Baseline"/>, so that
    /// what grew in between is noticed.
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

    /// <summary>What changed with this sample.</summary>
    public IReadOnlyList<AlertChanged> Evaluate(BusSample sample, DateTimeOffset now)
    {
        var changes = new List<AlertChanged>();
        var violated = new HashSet<(string, string)>();
        foreach (var (rule, subject, duration, summary) in Violations(sample, now))
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

    private IEnumerable<(string Rule, string Subject, TimeSpan For, string Summary)> Violations(BusSample sample, DateTimeOffset now)
    {
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
                    yield return ("pending_idle", subject, options.PendingIdle.For, $"{group.Group} has left an entry of {stream.Stream} untouched for {Text(group.OldestIdle)}.");
            }
        }

        if (sample.DeadLetterIdsExhausted)
            yield return ("ids_ahead", "event_dlq", options.IdsAhead.For, DeadLetterIdsExhaustedSummary);

        foreach (var outbox in sample.Outboxes.Where(outbox => outbox.OldestAge > options.OutboxAge.Threshold))
            yield return ("outbox_age", outbox.Service, options.OutboxAge.For, $"{outbox.Waiting} events of {outbox.Service} wait to be published, the oldest for {Text(outbox.OldestAge)}.");

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
        => $"{stream.Stream} has used up its ids: an entry was added with the largest one. Nothing can be published to it, and no retry comes back into it; "
        + "what is published waits in the log. Remedy: once its groups have a lag of 0 and nothing pending but what waits for a retry, DEL the stream; "
        + "the bus makes it again and publishes what was not finished.";

    private static string IdsAheadSummary(StreamSample stream, DateTimeOffset now)
        => string.Create(CultureInfo.InvariantCulture, $"The last id of {stream.Stream} lies in the future, at {now + stream.Ahead:yyyy-MM-dd HH:mm} UTC: ")
        + "an entry was added with an id of its own, or the clock was set back. Until then lag_age can't fire for it, and it is trimmed late. "
        + "Remedy: once its groups have a lag and pending entries of 0, DEL the stream; the bus makes it again.";

    /// <summary>By how much a count rose above its lowest within the window; null where that is below the threshold.</summary>
    private long? Growth(string rule, string subject, long count, CountRule limit, DateTimeOffset now)
    {
        if (!history.TryGetValue((rule, subject), out var counts))
        {
            // The very first evaluation knows nothing of what came before; to any other, what is new was none.
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
