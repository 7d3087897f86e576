namespace TaskPlatform.EventBus.InMemory;

/// <summary>
/// What a server is for other transports: streams, groups, scheduled retries, dead letters and inboxes, in this process's memory. Hosts that
/// share a broker behave like processes that share a server. All time is that of its clock.
/// </summary>
public sealed partial class InMemoryBroker : IDisposable
{
    /// <summary>When to try again to forward a retry whose stream accepts no more entries.</summary>
    private static readonly TimeSpan RefusalDelay = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, EventStream> streams = new(StringComparer.Ordinal);
    private readonly PriorityQueue<ScheduledRetry, (DateTimeOffset Due, long Order)> retries = new();
    private readonly Dictionary<string, List<Action>> wakes = new(StringComparer.Ordinal);
    private readonly ITimer alarm;
    private long scheduled;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates an empty broker.</summary>
    /// <param name="clock">The clock; default the system's.</param>
    public InMemoryBroker(TimeProvider? clock = null)
    {
        Clock = clock ?? TimeProvider.System;
        alarm = Clock.CreateTimer(_ => OnAlarm(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Inbox = new InboxStore(Clock);
        Leases = new LeaseStore(Clock);
        Parked = new ParkedStore(Clock);
    }

    internal TimeProvider Clock { get; }

    /// <summary>Guards everything that the broker holds.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Identifies this broker: another one has nothing of what was published to this one.</summary>
    internal string Run { get; } = Guid.CreateVersion7().ToString();

    internal DeadLetterStore DeadLetters { get; } = new();

    internal InboxStore Inbox { get; }

    internal SharedMonitoring Monitoring { get; } = new();

    internal LeaseStore Leases { get; }

    internal ParkedStore Parked { get; }

    /// <summary>The topology with which each log is published.</summary>
    internal Dictionary<string, string> Topologies { get; } = new(StringComparer.Ordinal);

    /// <summary>Completes when something may have become receivable since it was obtained.</summary>
    internal Task Changed => changed.Task;

    internal int ScheduledRetries => retries.Count;

    internal IEnumerable<EventStream> Streams => streams.Values;

    /// <summary>Adds an entry as a publisher without this library does: with any fields, readable or not.</summary>
    /// <param name="eventType">The short name of the channel that receives it: an event type, or a partition such as <c>task:3</c>.</param>
    /// <param name="fields">Its fields.</param>
    /// <param name="id">The entry's id, such as <c>1735689600000-0</c>, higher than every id in the stream; null for the next one by the clock.</param>
    /// <returns>The entry's id.</returns>
    /// <exception cref="InvalidOperationException">The stream has no id left, or the given one is not higher than its last one.</exception>
    /// <exception cref="FormatException">The given id is not one.</exception>
    public string Append(string eventType, IReadOnlyList<EntryField> fields, string? id = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventType);
        ArgumentNullException.ThrowIfNull(fields);
        lock (Gate)
        {
            var added = Stream(eventType).Add(fields, Clock.GetUtcNow(), id is null ? null : EntryId.Parse(id));
            Pulse();
            return added.ToString();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => alarm.Dispose();

    internal EventStream Stream(string eventType) => StreamNamed(StreamName.Of(eventType));

    internal EventStream StreamNamed(string name)
    {
        if (!streams.TryGetValue(name, out var stream))
            streams[name] = stream = new EventStream(name);
        return stream;
    }

    /// <summary>The stream of a name; null where nothing was ever published to it and no group reads it.</summary>
    internal EventStream? Find(string name) => streams.GetValueOrDefault(name);

    /// <summary>Wakes everyone who waits for events.</summary>
    internal void Pulse()
    {
        changed.SetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Has an entry, which stays pending, delivered again after a delay.</summary>
    internal void Schedule(EventStream stream, string group, EntryId entryId, TimeSpan delay)
    {
        var now = Clock.GetUtcNow();
        Schedule(new ScheduledRetry(stream, group, entryId, FailedAt: now), now + delay);
    }

    /// <summary>Adds the entries of the retries that are due. Called before every read.</summary>
    internal void ForwardDueRetries()
    {
        var now = Clock.GetUtcNow();
        while (retries.TryPeek(out var retry, out var priority) && priority.Due <= now)
        {
            retries.Dequeue();
            if (retry.Stream.Groups.GetValueOrDefault(retry.Group) is not { } group
                || !group.IsOwnedBy(retry.EntryId, ReservedConsumers.AwaitingRetry)
                || retry.Stream.Find(retry.EntryId) is not { } entry)
            {
                continue;
            }

            if (!retry.Stream.CanAdd)
            {
                Schedule(retry, now + RefusalDelay);
                continue;
            }

            retry.Stream.Add(RetryEntry.Of(entry.ToReceived(retry.Stream, priorDeliveries: 0), retry.Group, retry.FailedAt).Fields, now);
            group.Complete(retry.EntryId);
        }
    }

    internal void OnWake(string service, Action wake)
    {
        lock (Gate)
        {
            if (!wakes.TryGetValue(service, out var registered))
                wakes[service] = registered = [];
            registered.Add(wake);
        }
    }

    internal void Wake(string service)
    {
        Action[] registered;
        lock (Gate)
            registered = [.. wakes.GetValueOrDefault(service) ?? []];
        foreach (var wake in registered)
            wake();
    }

    private void Schedule(ScheduledRetry retry, DateTimeOffset due)
    {
        retries.Enqueue(retry, (due, scheduled++));
        SetAlarm();
    }

    private void OnAlarm()
    {
        lock (Gate)
        {
            ForwardDueRetries();
            SetAlarm();
            Pulse();
        }
    }

    private void SetAlarm()
    {
        if (!retries.TryPeek(out _, out var priority))
            return;
        var wait = priority.Due - Clock.GetUtcNow();
        alarm.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private sealed record ScheduledRetry(EventStream Stream, string Group, EntryId EntryId, DateTimeOffset FailedAt);
}
