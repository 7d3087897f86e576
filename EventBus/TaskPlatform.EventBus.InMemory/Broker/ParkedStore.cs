namespace TaskPlatform.EventBus.InMemory;

/// <summary>The parked events of all groups, in the order in which they were parked.</summary>
internal sealed class ParkedStore(TimeProvider clock) : IParkedEvents
{
    private readonly Lock gate = new();
    private readonly Dictionary<SequenceKey, List<Row>> sequences = [];

    /// <summary>The number of parked events of a group.</summary>
    public int Count(string group)
    {
        lock (gate)
            return sequences.Where(sequence => sequence.Key.Group == group).Sum(sequence => sequence.Value.Count);
    }

    public Dictionary<SequenceKey, SequenceHead> FindHeads(IEnumerable<SequenceKey> keys)
    {
        lock (gate)
            return keys.Where(sequences.ContainsKey).ToDictionary(key => key, key => new SequenceHead(sequences[key][0].Event.EventId, sequences[key][0].Event.State));
    }

    /// <summary>Parks events whose sequences exist.</summary>
    /// <returns>The events that are parked.</returns>
    public IReadOnlySet<Guid> Park(IEnumerable<ParkedEvent> events)
    {
        lock (gate)
        {
            var parked = new HashSet<Guid>();
            foreach (var one in events)
            {
                if (!sequences.TryGetValue(one.Sequence, out var rows))
                    continue;
                if (!rows.Exists(row => row.Event.EventId == one.EventId))
                    rows.Add(new Row(one, clock.GetUtcNow()));
                parked.Add(one.EventId);
            }

            return parked;
        }
    }

    public Task HoldAsync(ParkedEvent failed, TimeSpan delay, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!sequences.TryGetValue(failed.Sequence, out var rows))
                sequences.Add(failed.Sequence, rows = []);
            if (rows.Find(row => row.Event.EventId == failed.EventId) is not { } known)
                rows.Add(known = new Row(failed, clock.GetUtcNow()));
            (known.Event, known.Deliveries) = (failed, 0);
            known.DueAt = failed.State == ParkedState.Retrying ? clock.GetUtcNow() + delay : null;
        }

        return Task.CompletedTask;
    }

    public Task<DueHeads> FindDueAsync(string group, int max, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var heads = sequences.Where(sequence => sequence.Key.Group == group).Select(sequence => sequence.Value[0]).Where(row => row.DueAt is not null).OrderBy(row => row.DueAt).ToList();
            return Task.FromResult(new DueHeads(
                [.. heads.Where(row => row.DueAt <= now).Take(max).Select(row => row.Event)],
                heads.Find(row => row.DueAt > now) is { DueAt: { } next } ? next - now : null));
        }
    }

    public Task<long?> CountDeliveryAsync(ParkedEvent head, CancellationToken cancellationToken)
    {
        lock (gate)
            return Task.FromResult(sequences.GetValueOrDefault(head.Sequence)?.Find(row => row.Event.EventId == head.EventId) is { } row ? row.Deliveries++ : (long?)null);
    }

    public Task<ParkedEvent?> AdvanceAsync(SequenceKey sequence, Guid eventId, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!sequences.TryGetValue(sequence, out var rows))
                return Task.FromResult<ParkedEvent?>(null);
            rows.RemoveAll(row => row.Event.EventId == eventId);
            if (rows.Count == 0)
                sequences.Remove(sequence);
            if (rows is not [{ Event.State: ParkedState.Waiting } next, ..])
                return Task.FromResult<ParkedEvent?>(null);
            next.DueAt ??= clock.GetUtcNow();
            return Task.FromResult<ParkedEvent?>(next.Event);
        }
    }

    public Task<IReadOnlyList<BlockedSequence>> FindBlockedAsync(string group, int max, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult<IReadOnlyList<BlockedSequence>>(
            [
                .. sequences.Where(sequence => sequence.Key.Group == group && sequence.Value[0].Event.State == ParkedState.DeadLettered)
                    .OrderBy(sequence => sequence.Value[0].ParkedAt).Take(max)
                    .Select(sequence => new BlockedSequence(sequence.Key, sequence.Value[0].Event.EventId, sequence.Value.Count - 1, sequence.Value[0].ParkedAt)),
            ]);
        }
    }

    private sealed class Row(ParkedEvent parked, DateTimeOffset parkedAt)
    {
        public ParkedEvent Event { get; set; } = parked;

        public DateTimeOffset ParkedAt => parkedAt;

        public DateTimeOffset? DueAt { get; set; }

        public long Deliveries { get; set; }
    }
}
