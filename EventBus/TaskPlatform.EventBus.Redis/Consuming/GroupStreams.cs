using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>One consumer's commands and scripts on the streams of its group, except for the blocking read.</summary>
internal sealed partial class GroupStreams(
    IDatabase redis, RedisKeys keys, ConsumerGroup group, ConsumerName consumer, EventBusOptions options, TimeProvider clock, ILogger logger)
{
    private const string MaxEntryId = "18446744073709551615-18446744073709551614";

    /// <summary>Creates the group at the first entry of the stream, and the stream itself, if they don't exist.</summary>
    public Task EnsureAsync(string stream)
        => redis.ScriptEvaluateAsync(Script.Group, [keys.Stream(stream), keys.Groups], [group.Name, stream]);

    /// <summary>
    /// Creates this consumer on its streams and resets its idle time, which a blocking read without a result does not do. Reads the consumer's
    /// pending entries after the second-largest possible id, so that the reply is empty.
    /// </summary>
    public Task RegisterAsync(IReadOnlyList<string> streams)
        => streams.Count == 0 ? Task.CompletedTask : redis.ExecuteAsync(
            "XREADGROUP",
            ["GROUP", group.Name, consumer.Value, "COUNT", 1, "STREAMS", .. streams.Select(stream => (object)keys.Stream(stream)), .. streams.Select(_ => MaxEntryId)]);

    /// <summary>
    /// Acks entries; returns the number that were pending. If any is a retried or reprocessed entry, a script does it.
    /// </summary>
    public async Task<long> AckAsync(string stream, RedisValue[] entryIds, bool anyTargeted)
        => anyTargeted
            ? (long)await redis.ScriptEvaluateAsync(Script.Ack, [keys.Stream(stream), keys.Targeted], [group.Name, stream, .. entryIds])
            : await redis.StreamAcknowledgeAsync(keys.Stream(stream), group.Name, entryIds);

    /// <summary>Acks entries that target other groups; returns those whose group does not exist, which stay pending.</summary>
    public async Task<IReadOnlyList<string>> AckForeignAsync(string stream, IReadOnlyList<Settlement> declined)
    {
        RedisValue[] arguments = [group.Name, stream, .. declined.SelectMany(d => new RedisValue[] { d.Position.Id, d.TargetGroup })];
        try
        {
            return (string[])(await redis.ScriptEvaluateAsync(Script.AckForeign, [keys.Stream(stream), keys.Groups], arguments))!;
        }
        catch (RedisServerException e) when (Script.IsAbsent(e))
        {
            return [];
        }
    }

    /// <summary>Schedules a failed event's next attempt. False: another consumer owns the entry, and nothing was changed.</summary>
    public Task<bool> RetryAsync(Settlement failed)
        => RunAsync(
            Script.Retry,
            [keys.Stream(failed.Position.Channel), keys.Retry],
            [
                group.Name, consumer.Value, failed.Position.Id, (long)failed.RetryAfter.TotalMilliseconds, failed.Position.Channel,
                ReservedConsumers.AwaitingRetry,
            ]);

    /// <summary>
    /// Moves an event to the dead letter queue. False: it was already there, or another consumer owns the entry. The event id of an unreadable
    /// entry may belong to another event, so each unreadable entry becomes a separate dead letter.
    /// </summary>
    public Task<bool> DeadLetterAsync(Settlement failed) => DeadLetterAsync(failed.Position, failed.DeadLetter!, owner: consumer.Value);

    /// <summary>Adds a dead letter for an event whose entry was acked before, unless it is one.</summary>
    public Task AddDeadLetterAsync(EventPosition position, DeadLetterRecord deadLetter) => DeadLetterAsync(position, deadLetter, owner: "");

    private Task<bool> DeadLetterAsync(EventPosition position, DeadLetterRecord deadLetter, string owner)
    {
        var stream = position.Channel;
        List<RedisValue> arguments =
        [
            group.Name, owner, position.Id, deadLetter.IsUnreadable ? 0 : 1, stream,
            .. EntryArguments.Of(DeadLetterFields.Of(deadLetter, position, consumer.Value, clock.GetUtcNow())),
        ];
        RedisKey[] scriptKeys =
            [keys.Stream(stream), keys.DeadLetters, keys.DeadLetterIndex, keys.DeadLetterKinds, keys.DeadLettersByKind, keys.Targeted];
        return RunAsync(Script.DeadLetter, scriptKeys, arguments);
    }

    /// <summary>Counts another delivery of an entry before its handler runs again. False: another consumer owns the entry.</summary>
    public Task<bool> CountDeliveryAsync(EventPosition position)
        => RunAsync(Script.CountDelivery, [keys.Stream(position.Channel)], [group.Name, consumer.Value, position.Id]);

    /// <summary>Claims entries that have been idle for <see cref="EventBusOptions.ClaimIdle"/>.</summary>
    public Task<PendingPage> ClaimAsync(string stream, string cursor, int count)
        => PageAsync(stream, Script.Claim, [group.Name, consumer.Value, (long)options.ClaimIdle.TotalMilliseconds, cursor, count, stream, ReservedConsumers.AwaitingRetry]);

    /// <summary>Lists the entries that this consumer has pending. Each entry's last <paramref name="uncounted"/> deliveries are not counted.</summary>
    public Task<PendingPage> ListOwnedAsync(string stream, string from, int count, int uncounted)
        => PageAsync(stream, Script.ListOwned, [group.Name, consumer.Value, from, count, stream], uncounted);

    /// <summary>
    /// Makes this consumer, which must hold the channel's lease, the owner of the entries that are pending in the group. The last
    /// <paramref name="uncounted"/> deliveries of those that it owned before are not counted.
    /// </summary>
    public Task<PendingPage> TakeOverAsync(string stream, string from, int count, int uncounted)
        => PageAsync(stream, Script.TakeOver, [group.Name, consumer.Value, from, count, stream, ReservedConsumers.AwaitingRetry, uncounted]);

    /// <summary>Releases what this consumer owns in a channel, and then its lease. The last deliveries of the given entries don't count.</summary>
    public Task ReleaseChannelAsync(string stream, IEnumerable<string> unstarted)
        => redis.ScriptEvaluateAsync(
            Script.ReleaseChannel,
            [keys.Stream(stream), keys.LeasesOf(group.Name)],
            [group.Name, consumer.Value, ReservedConsumers.Released, (string)keys.Leases!, stream, .. unstarted.Select(id => (RedisValue)id)]);

    /// <summary>Renews the claims on entries; returns those that another consumer owns now.</summary>
    public Task<IReadOnlyList<EventPosition>> RenewAsync(string stream, IReadOnlyList<EventPosition> held)
        => RenewAsync(stream, held, consumer.Value, TimeSpan.Zero);

    /// <summary>Releases entries: a reserved consumer owns them until the group's other consumers claim them at their next poll.</summary>
    public Task ReleaseAsync(string stream, IReadOnlyList<EventPosition> held) => RenewAsync(stream, held, ReservedConsumers.Released, TimeSpan.FromDays(1));

    /// <summary>Removes consumers that have nothing pending and have been idle for <paramref name="idle"/>.</summary>
    public Task RemoveIdleConsumersAsync(string stream, TimeSpan idle)
        => redis.ScriptEvaluateAsync(Script.RemoveIdleConsumers, [keys.Stream(stream)], [group.Name, (long)idle.TotalMilliseconds, ""]);

    /// <summary>Removes this consumer, if it has nothing pending.</summary>
    public Task LeaveAsync(string stream) => redis.ScriptEvaluateAsync(Script.RemoveIdleConsumers, [keys.Stream(stream)], [group.Name, 0, consumer.Value]);

    private async Task<IReadOnlyList<EventPosition>> RenewAsync(string stream, IReadOnlyList<EventPosition> held, string owner, TimeSpan idle)
    {
        RedisValue[] arguments = [group.Name, consumer.Value, owner, (long)idle.TotalMilliseconds, .. held.Select(position => (RedisValue)position.Id)];
        try
        {
            var lost = (string[])(await redis.ScriptEvaluateAsync(Script.Renew, [keys.Stream(stream)], arguments))!;
            return Array.ConvertAll(lost, id => new EventPosition(stream, id));
        }
        catch (RedisServerException e) when (Script.IsNoGroup(e))
        {
            return held;
        }
    }

    private async Task<bool> RunAsync(string script, RedisKey[] scriptKeys, List<RedisValue> arguments)
    {
        try
        {
            return (long)await redis.ScriptEvaluateAsync(script, scriptKeys, [.. arguments]) == 1;
        }
        catch (RedisServerException e) when (Script.IsNoGroup(e))
        {
            return false;
        }
    }

    private async Task<PendingPage> PageAsync(string stream, string script, RedisValue[] arguments, int uncounted = 0)
    {
        var reply = (RedisResult[])(await redis.ScriptEvaluateAsync(script, [keys.Stream(stream), keys.Lost, keys.LostEntries, keys.Retry, keys.LeasesOf(group.Name)], arguments))!;
        foreach (var entryId in (string[])reply[1]!)
        {
            TransportTelemetry.EntriesLost(stream, group.Name, 1);
            LogLost(group.Name, entryId, stream);
        }

        var entries = Array.ConvertAll((RedisResult[])reply[2]!, item =>
        {
            var entry = (RedisResult[])item!;
            return StreamReply.ReadEntry(stream, (string)entry[0]!, entry[2], Math.Max(0, (long)entry[1] - uncounted));
        });
        return new PendingPage((string)reply[0]!, entries);
    }

    [LoggerMessage(LogLevel.Error, "{Group} lost entry {EntryId} of {Stream}: it was deleted before it was handled.")]
    private partial void LogLost(string group, string entryId, string stream);
}

/// <summary>A page of pending entries.</summary>
/// <param name="Next">The start of the next page; <c>0-0</c> or empty after the last.</param>
/// <param name="Entries">The entries that still exist in the stream.</param>
internal sealed record PendingPage(string Next, IReadOnlyList<ReceivedEvent> Entries)
{
    /// <summary>Whether nothing was listed, because this consumer does not hold the channel's lease.</summary>
    public bool IsLost => Next == "lost";
}
