using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>What one consumer does with its group's streams, apart from the blocking read: a method a script or command.</summary>
internal sealed partial class GroupStreams(
    IDatabase redis, RedisKeys keys, ConsumerGroup group, ConsumerName consumer, EventBusOptions options, TimeProvider clock, ILogger logger)
{
    private const string MaxEntryId = "18446744073709551615-18446744073709551614";

    /// <summary>Makes the group on a stream, and the stream, from its very first entry on. Nothing happens where it is there.</summary>
    public Task EnsureAsync(string stream)
        => redis.ScriptEvaluateAsync(Script.Group, [keys.Stream(stream), keys.Groups], [group.Name, stream]);

    /// <summary>
    /// Has Redis list this consumer on its streams, and as one that was there just now: a read that brings nothing does neither. This asks
    /// for what the consumer holds behind an id that none but the last possible entry has.
    /// </summary>
    public Task RegisterAsync(IReadOnlyList<string> streams)
        => streams.Count == 0 ? Task.CompletedTask : redis.ExecuteAsync(
            "XREADGROUP",
            ["GROUP", group.Name, consumer.Value, "COUNT", 1, "STREAMS", .. streams.Select(stream => (object)keys.Stream(stream)), .. streams.Select(_ => MaxEntryId)]);

    /// <summary>
    /// Acks entries; returns how many of them the group had pending. Where there are retried or reprocessed entries among them, a script does it.
    /// </summary>
    public async Task<long> AckAsync(string stream, RedisValue[] entryIds, bool anyTargeted)
        => anyTargeted
            ? (long)await redis.ScriptEvaluateAsync(Script.Ack, [keys.Stream(stream), keys.Targeted], [group.Name, stream, .. entryIds])
            : await redis.StreamAcknowledgeAsync(keys.Stream(stream), group.Name, entryIds);

    /// <summary>Acks what is meant for other groups; returns the entries whose group does not exist, which stay pending.</summary>
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

    /// <summary>Schedules a failed event's next attempt. False: the entry belongs to another consumer, nothing was done.</summary>
    public Task<bool> RetryAsync(Settlement failed)
        => RunAsync(
            Script.Retry,
            [keys.Stream(failed.Position.Channel), keys.Retry],
            [
                group.Name, consumer.Value, failed.Position.Id, (long)failed.RetryAfter.TotalMilliseconds, failed.Position.Channel,
                ReservedConsumers.AwaitingRetry,
            ]);

    /// <summary>
    /// Moves an event to the dead letter queue. False: it was there already, or the entry belongs to another consumer. Of an entry that can't be
    /// read the event id may be that of another event: each becomes a dead letter.
    /// </summary>
    public Task<bool> DeadLetterAsync(Settlement failed)
    {
        var (stream, deadLetter) = (failed.Position.Channel, failed.DeadLetter!);
        List<RedisValue> arguments =
        [
            group.Name, consumer.Value, failed.Position.Id, deadLetter.IsUnreadable ? 0 : 1, stream,
            .. DeadLetterFields.Of(deadLetter, failed.Position, consumer.Value, clock.GetUtcNow()),
        ];
        RedisKey[] scriptKeys =
            [keys.Stream(stream), keys.DeadLetters, keys.DeadLetterIndex, keys.DeadLetterKinds, keys.DeadLettersByKind, keys.Targeted];
        return RunAsync(Script.DeadLetter, scriptKeys, arguments);
    }

    /// <summary>Counts one more delivery of an entry before its handler runs again. False: the entry belongs to another consumer.</summary>
    public Task<bool> CountDeliveryAsync(EventPosition position)
        => RunAsync(Script.CountDelivery, [keys.Stream(position.Channel)], [group.Name, consumer.Value, position.Id]);

    /// <summary>Takes over what others left untouched for <see cref="EventBusOptions.ClaimIdle"/>.</summary>
    public Task<PendingPage> ClaimAsync(string stream, string cursor, int count)
        => PageAsync(stream, Script.Claim, [group.Name, consumer.Value, (long)options.ClaimIdle.TotalMilliseconds, cursor, count, stream, ReservedConsumers.AwaitingRetry]);

    /// <summary>Lists the entries that this consumer holds already. The last <paramref name="uncounted"/> deliveries of each do not count as attempts.</summary>
    public Task<PendingPage> ListOwnedAsync(string stream, string from, int count, int uncounted)
        => PageAsync(stream, Script.ListOwned, [group.Name, consumer.Value, from, count, stream], uncounted);

    /// <summary>Renews the claims on entries; returns those that another consumer owns by now.</summary>
    public Task<IReadOnlyList<EventPosition>> RenewAsync(string stream, IReadOnlyList<EventPosition> held)
        => RenewAsync(stream, held, consumer.Value, TimeSpan.Zero);

    /// <summary>Offers entries to the group's other consumers, who claim them at their next poll. Until then a name without a process holds them.</summary>
    public Task ReleaseAsync(string stream, IReadOnlyList<EventPosition> held) => RenewAsync(stream, held, ReservedConsumers.Released, TimeSpan.FromDays(1));

    /// <summary>Removes consumers that have nothing pending and were silent for <paramref name="idle"/>.</summary>
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
        var reply = (RedisResult[])(await redis.ScriptEvaluateAsync(script, [keys.Stream(stream), keys.Lost, keys.LostEntries, keys.Retry], arguments))!;
        foreach (var entryId in (string[])reply[1]!)
        {
            EventBusTelemetry.EntriesLost.Add(1, EventBusTelemetry.OwnTags(stream, group.Name));
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
/// <param name="Next">Where the next page begins; <c>0-0</c> or empty after the last.</param>
/// <param name="Entries">Those that are still in the stream.</param>
internal sealed record PendingPage(string Next, IReadOnlyList<ReceivedEvent> Entries);
