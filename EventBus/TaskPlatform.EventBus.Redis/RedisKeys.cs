using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Every key and channel of the bus.</summary>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>Goes before every key.</summary>
    public string Prefix => prefix;

    /// <summary>Stream of dead letters.</summary>
    public RedisKey DeadLetters { get; } = prefix + "event_dlq";

    /// <summary>
    /// Hash that finds a dead letter; field = group and event id, with a digest of the event where another one has the same id, or group, stream and
    /// entry of what can't be read; value = id of its entry in <see cref="DeadLetters"/>.
    /// </summary>
    public RedisKey DeadLetterIndex { get; } = prefix + "event_dlq:index";

    /// <summary>Hash of the kinds of dead letters; field = msgpack of type, group, reason and exception, value = number; '' = the last one indexed.</summary>
    public RedisKey DeadLetterKinds { get; } = prefix + "event_dlq:kinds";

    /// <summary>Sorted set of the dead letters by kind; member = the kind's number and the entry's id, both of fixed width.</summary>
    public RedisKey DeadLettersByKind { get; } = prefix + "event_dlq:by_kind";

    /// <summary>Counter of the dead letters that a bulk job has processed; expires a week after the last.</summary>
    public RedisKey SweepCounter(string name) => $"{prefix}event_dlq:tally:{name}";

    /// <summary>Sorted set of scheduled retries; score = due time in ms on Redis's clock, member = stream, entry id and group of what waits.</summary>
    public RedisKey Retry { get; } = prefix + "events:retry";

    /// <summary>Hash of the groups that are expected on each stream; field = stream and group, value = since when, in µs.</summary>
    public RedisKey Groups { get; } = prefix + "events:groups";

    /// <summary>Name of the process that reports the shared metrics, followed by <c> preferred</c> where it hosts consumer groups; a lease.</summary>
    public RedisKey Sampler { get; } = prefix + "events:sampler";

    /// <summary>Hash of the alerts that fire; field = rule and subject, value = the alert as JSON.</summary>
    public RedisKey Alerts { get; } = prefix + "events:alerts";

    /// <summary>List of changes of alerts, as JSON, that wait for a process that appends them to its event log.</summary>
    public RedisKey UnpublishedAlerts { get; } = prefix + "events:alerts:unpublished";

    /// <summary>Hash of what was counted at the lowest, lately; field = rule and subject. Growth is measured from there.</summary>
    public RedisKey Counts { get; } = prefix + "events:counts";

    /// <summary>Hash of what waits in each service's log; field = service, value = how many, and since when the oldest does (ms, Redis's clock).</summary>
    public RedisKey Outboxes { get; } = prefix + "events:outbox";

    /// <summary>Hash of how many entries were lost; field = stream and group.</summary>
    public RedisKey Lost { get; } = prefix + "events:lost";

    /// <summary>Hash of how many entries the bus itself has trimmed; field = stream. What else is missing, others took.</summary>
    public RedisKey Trimmed { get; } = prefix + "events:trimmed";

    /// <summary>Hash of streams whose last id lies in the future; field = stream, value = msgpack of [time in ms, the last id then]…</summary>
    public RedisKey Ahead { get; } = prefix + "events:ahead";

    /// <summary>Sorted set of entries that were deleted while a group had them pending; score = when that was noticed in ms, member = stream and entry id.</summary>
    public RedisKey LostEntries { get; } = prefix + "events:lost:entries";

    /// <summary>
    /// Hash of the retried and reprocessed entries that their group has not finished; field = stream and entry id, value = event id and group.
    /// The log knows an event's first entry only; these are found here when others remove them.
    /// </summary>
    public RedisKey Targeted { get; } = prefix + "events:targeted";

    /// <summary>Hash of what services are asked to replay from their logs; field = replay and where it begins, value = the request as JSON.</summary>
    public RedisKey Replays { get; } = prefix + "events:replays";

    /// <summary>Hash of how far they are; field as in <see cref="Replays"/>, value = last row, events added, 1 at the end.</summary>
    public RedisKey ReplayProgress { get; } = prefix + "events:replays:progress";

    /// <summary>Channel that wakes the dispatcher of the service named in the message.</summary>
    public RedisChannel Wake { get; } = new(prefix + "events:wake", RedisChannel.PatternMode.Literal);

    /// <summary>The key of a stream, by its name on the wire (<c>events:task.created</c>).</summary>
    public RedisKey Stream(string name) => prefix + name;
}
