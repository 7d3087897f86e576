using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>All keys and channels of the bus.</summary>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>The prefix of every key.</summary>
    public string Prefix => prefix;

    /// <summary>Stream of dead letters.</summary>
    public RedisKey DeadLetters { get; } = prefix + "event_dlq";

    /// <summary>
    /// Hash to look up dead letters. Field = group and event id, plus a digest of the event if another one has the same id; or group, stream and
    /// entry id of an unreadable entry. Value = id of its entry in <see cref="DeadLetters"/>.
    /// </summary>
    public RedisKey DeadLetterIndex { get; } = prefix + "event_dlq:index";

    /// <summary>Hash of the kinds of dead letters; field = msgpack of type, group, reason and exception, value = number; '' = last indexed.</summary>
    public RedisKey DeadLetterKinds { get; } = prefix + "event_dlq:kinds";

    /// <summary>Sorted set of dead letters by kind; member = the kind's number and the entry's id, both of fixed width.</summary>
    public RedisKey DeadLettersByKind { get; } = prefix + "event_dlq:by_kind";

    /// <summary>Counter of the dead letters processed by a bulk job; expires a week after its last update.</summary>
    public RedisKey SweepCounter(string name) => $"{prefix}event_dlq:tally:{name}";

    /// <summary>Sorted set of scheduled retries; score = due time (ms, Redis's clock), member = stream, entry id and group of the entry.</summary>
    public RedisKey Retry { get; } = prefix + "events:retry";

    /// <summary>Hash of the groups expected on each stream; field = stream and group, value = creation time in µs.</summary>
    public RedisKey Groups { get; } = prefix + "events:groups";

    /// <summary>Lease: name of the process that reports the shared metrics, followed by <c> preferred</c> if it hosts consumer groups.</summary>
    public RedisKey Sampler { get; } = prefix + "events:sampler";

    /// <summary>The latest sample of that process, as JSON; expires with the lease.</summary>
    public RedisKey Sample { get; } = prefix + "events:sample";

    /// <summary>Hash of firing alerts; field = rule and subject, value = the alert as JSON.</summary>
    public RedisKey Alerts { get; } = prefix + "events:alerts";

    /// <summary>List of alert changes, as JSON, to be published by a process that has an event log for them.</summary>
    public RedisKey UnpublishedAlerts { get; } = prefix + "events:alerts:unpublished";

    /// <summary>Hash of recent minimum counts, the baseline for growth alerts; field = rule and subject.</summary>
    public RedisKey Counts { get; } = prefix + "events:counts";

    /// <summary>Hash of outbox states; field = service, value = number of unpublished events and creation time of the oldest (ms).</summary>
    public RedisKey Outboxes { get; } = prefix + "events:outbox";

    /// <summary>Hash of the number of lost entries; field = stream and group.</summary>
    public RedisKey Lost { get; } = prefix + "events:lost";

    /// <summary>Hash of the number of entries trimmed by the bus; field = stream. All other missing entries were removed by other clients.</summary>
    public RedisKey Trimmed { get; } = prefix + "events:trimmed";

    /// <summary>Hash of streams whose last id is in the future; field = stream, value = msgpack of [time in ms, last id at that time]…</summary>
    public RedisKey Ahead { get; } = prefix + "events:ahead";

    /// <summary>Sorted set of entries that were deleted while pending; score = time of detection in ms, member = stream and entry id.</summary>
    public RedisKey LostEntries { get; } = prefix + "events:lost:entries";

    /// <summary>
    /// Hash of retried and reprocessed entries that their group has not finished; field = stream and entry id, value = event id and group.
    /// The event log has only an event's first entry id; this hash identifies the event if other clients remove a later entry.
    /// </summary>
    public RedisKey Targeted { get; } = prefix + "events:targeted";

    /// <summary>Hash of requests to replay events from a service's log; field = replay id and start position, value = the request as JSON.</summary>
    public RedisKey Replays { get; } = prefix + "events:replays";

    /// <summary>Hash of their progress; field as in <see cref="Replays"/>, value = last row, number of events added, 1 if complete.</summary>
    public RedisKey ReplayProgress { get; } = prefix + "events:replays:progress";

    /// <summary>Hash of the topologies with which the logs are published; field = service, value = name of the topology.</summary>
    public RedisKey Topology { get; } = prefix + "events:topology";

    /// <summary>Hash of a group's live processes and of the leases of its channels, as described in <c>lease.lua</c>.</summary>
    public RedisKey LeasesOf(string group) => $"{prefix}events:leases:{group}";

    /// <summary>Pub/sub channel that announces released leases; the message is the group.</summary>
    public RedisChannel Leases { get; } = new(prefix + "events:leases", RedisChannel.PatternMode.Literal);

    /// <summary>Channel to wake the dispatcher of the service named in the message.</summary>
    public RedisChannel Wake { get; } = new(prefix + "events:wake", RedisChannel.PatternMode.Literal);

    /// <summary>The key of a stream, given its name on the wire (<c>events:task.created</c>).</summary>
    public RedisKey Stream(string name) => prefix + name;
}
