using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>What one consumer does with its group's streams, apart from the blocking read: a method a script or command.</summary>
internal sealed class GroupStreams(
    IDatabase redis, RedisKeys keys, ConsumerGroup group, ConsumerName consumer, EventBusOptions options, RetryPolicy retries, TimeProvider clock)
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

    /// <summary>Acks entries; returns how many of them the group had pending.</summary>
    public Task<long> AckAsync(string stream, List<Delivery> deliveries)
    {
        var ids = new RedisValue[deliveries.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = deliveries[i].EntryId;
        return AckAsync(stream, ids, deliveries.Exists(d => d.TargetGroup is not null));
    }

    /// <summary>The same. Where there are retried or reprocessed entries among them a script does it, the others need none.</summary>
    public async Task<long> AckAsync(string stream, RedisValue[] entryIds, bool anyTargeted)
        => anyTargeted
            ? (long)await redis.ScriptEvaluateAsync(Script.Ack, [keys.Stream(stream), keys.Targeted], [group.Name, stream, .. entryIds])
            : await redis.StreamAcknowledgeAsync(keys.Stream(stream), group.Name, entryIds);

    /// <summary>Acks what is meant for other groups; returns the entries whose group does not exist, which stay pending.</summary>
    public async Task<IReadOnlyList<string>> AckForeignAsync(string stream, IReadOnlyList<Delivery> deliveries)
    {
        RedisValue[] arguments = [group.Name, stream, .. deliveries.SelectMany(d => new RedisValue[] { d.EntryId, d.TargetGroup })];
        try
        {
            return (string[])(await redis.ScriptEvaluateAsync(Script.AckForeign, [keys.Stream(stream), keys.Groups], arguments))!;
        }
        catch (RedisServerException e) when (Script.IsAbsent(e))
        {
            return [];
        }
    }

    /// <summary>Schedules a failed delivery's next attempt. False: the entry belongs to another consumer, nothing was done.</summary>
    public Task<bool> RetryAsync(Delivery delivery)
        => RunAsync(
            Script.Retry,
            [keys.Stream(delivery.Stream), keys.Retry],
            [
                group.Name, consumer.Value, delivery.EntryId, (long)retries.DelayBefore(delivery.Attempt + 1).TotalMilliseconds, delivery.Stream,
                ConsumerName.AwaitingRetry,
            ]);

    /// <summary>
    /// Moves a delivery to the dead letter queue. False: it was there already, or the entry belongs to another consumer. An event for a group
    /// that does not exist is that group's dead letter, so that it becomes one, however many groups read it. Of an entry that can't be read the
    /// event id may be anything's: each becomes a dead letter.
    /// </summary>
    public Task<bool> DeadLetterAsync(Delivery delivery)
    {
        var owner = delivery.Reason == DeadLetterReason.UnknownGroup ? delivery.TargetGroup! : group.Name;
        List<RedisValue> arguments =
        [
            group.Name, consumer.Value, delivery.EntryId, delivery.IsUnreadable ? 0 : 1, delivery.Stream,
            .. DeadLetterFields.Of(delivery, owner, consumer.Value, clock.GetUtcNow()),
        ];
        RedisKey[] scriptKeys =
            [keys.Stream(delivery.Stream), keys.DeadLetters, keys.DeadLetterIndex, keys.DeadLetterKinds, keys.DeadLettersByKind, keys.Targeted];
        return RunAsync(Script.DeadLetter, scriptKeys, arguments);
    }

    /// <summary>Counts one more delivery of an entry before its handler runs again. False: the entry belongs to another consumer.</summary>
    public Task<bool> CountDeliveryAsync(Delivery delivery)
        => RunAsync(Script.CountDelivery, [keys.Stream(delivery.Stream)], [group.Name, consumer.Value, delivery.EntryId]);

    /// <summary>Takes over what others left untouched for <see cref="EventBusOptions.ClaimIdle"/>.</summary>
    public Task<PendingPage> ClaimAsync(string stream, string cursor, int count)
        => PageAsync(stream, Script.Claim, [group.Name, consumer.Value, (long)options.ClaimIdle.TotalMilliseconds, cursor, count, stream, ConsumerName.AwaitingRetry]);

    /// <summary>Lists the entries that this consumer holds already. The last <paramref name="uncounted"/> deliveries of each do not count as attempts.</summary>
    public Task<PendingPage> ListOwnedAsync(string stream, string from, int count, int uncounted)
        => PageAsync(stream, Script.ListOwned, [group.Name, consumer.Value, from, count, stream], uncounted);

    /// <summary>Renews the claims on entries; returns those that another consumer owns by now.</summary>
    public Task<IReadOnlyList<string>> RenewAsync(string stream, IReadOnlyList<Delivery> deliveries)
        => RenewAsync(stream, deliveries, consumer.Value, TimeSpan.Zero);

    /// <summary>Offers entries to the group's other consumers, who claim them at their next poll. Until then a name without a process holds them.</summary>
    public Task ReleaseAsync(string stream, IReadOnlyList<Delivery> deliveries) => RenewAsync(stream, deliveries, ConsumerName.Released, TimeSpan.FromDays(1));

    /// <summary>Removes consumers that have nothing pending and were silent for <paramref name="idle"/>.</summary>
    public async Task<long> RemoveIdleConsumersAsync(string stream, TimeSpan idle, string onlyConsumer = "")
        => (long)await redis.ScriptEvaluateAsync(
            Script.RemoveIdleConsumers, [keys.Stream(stream)], [group.Name, (long)idle.TotalMilliseconds, onlyConsumer]);

    private async Task<IReadOnlyList<string>> RenewAsync(string stream, IReadOnlyList<Delivery> deliveries, string owner, TimeSpan idle)
    {
        RedisValue[] arguments =
            [group.Name, consumer.Value, owner, (long)idle.TotalMilliseconds, .. deliveries.Select(d => (RedisValue)d.EntryId)];
        try
        {
            return (string[])(await redis.ScriptEvaluateAsync(Script.Renew, [keys.Stream(stream)], arguments))!;
        }
        catch (RedisServerException e) when (Script.IsNoGroup(e))
        {
            return [.. deliveries.Select(d => d.EntryId)];
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
        var deliveries = Array.ConvertAll((RedisResult[])reply[2]!, item =>
        {
            var entry = (RedisResult[])item!;
            var deliveries = Math.Max(0, (long)entry[1] - uncounted);
            return StreamReply.ReadEntry(stream, (string)entry[0]!, entry[2], deliveries, options.MaxEventBytes);
        });
        return new PendingPage((string)reply[0]!, (string[])reply[1]!, deliveries);
    }
}

/// <summary>A page of pending entries.</summary>
/// <param name="Next">Where the next page begins; <c>0-0</c> or empty after the last.</param>
/// <param name="Deleted">Entries that were pending but are no longer in the stream, so that they can't be handled.</param>
/// <param name="Deliveries">The rest.</param>
internal sealed record PendingPage(string Next, IReadOnlyList<string> Deleted, IReadOnlyList<Delivery> Deliveries);
