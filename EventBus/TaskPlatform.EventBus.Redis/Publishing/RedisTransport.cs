using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Adds committed events to their streams, and sends wake-ups between the processes of a service.</summary>
internal sealed partial class RedisTransport(
    IConnectionMultiplexer redis, RedisKeys keys, EventBusOptions options, RedisReceivers receivers, ILogger<RedisTransport> logger) : IEventTransport
{
    private const int TrimPage = 10_000;
    private const int MaxLostEntries = 100_000;

    /// <summary>Reading this number of entries blocks Redis for a few milliseconds.</summary>
    private const int NewestPage = 500;

    private readonly ConcurrentDictionary<string, (string Stream, RedisKey Key)> streams = new(StringComparer.Ordinal);

    /// <summary>The group that blocks the trimming of each stream, as of the last check.</summary>
    private readonly Dictionary<string, string> blockingGroups = new(StringComparer.Ordinal);

    public string? Problem => redis.IsConnected ? null : "Redis can't be reached.";

    public async Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var results = new PublishResult[events.Count];
        var failed = new Dictionary<string, PublishResult>(StringComparer.Ordinal);
        PublishResult? unavailable = null;
        var ambient = Activity.Current;
        for (var first = 0; first < events.Count;)
        {
            var batch = new PublishBatch(events.Count - first);
            var next = first;
            for (; next < events.Count && !batch.IsFull; next++)
            {
                var outgoing = events[next];
                if (unavailable is { } error)
                {
                    results[next] = error; // The remaining batches would run into the same timeout.
                    continue;
                }

                if (failed.TryGetValue(outgoing.Type, out results[next]))
                    continue; // It must not overtake the failed event.
                var (stream, key) = StreamOf(outgoing.Type);
                batch.Add(next, outgoing, key, EventSpans.Send(stream, outgoing.EventId, outgoing.TraceParent, outgoing.TraceState));
                Activity.Current = ambient; // The spans overlap, but are not nested.
            }

            await batch.SendAsync(redis.GetDatabase(), results, cancellationToken);
            for (; first < next; first++)
            {
                if (results[first].Error is null)
                    continue;
                failed.TryAdd(events[first].Type, results[first]);
                if (!results[first].Refused)
                    unavailable ??= results[first];
            }
        }

        Count(events, results);
        EventBusTelemetry.OperationDuration.Record(
            Stopwatch.GetElapsedTime(started).TotalSeconds,
            new TagList { { "messaging.system", "redis" }, { "messaging.operation.name", "send" } });
        return results;
    }

    public IReceiver CreateReceiver(ConsumerGroup group) => receivers.Create(group);

    public async Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string eventType, int count, CancellationToken cancellationToken)
    {
        var newest = new List<PublishedEntry>();
        var from = "+";
        for (var left = count; left > 0 && from.Length > 0; left -= NewestPage)
        {
            var page = (RedisResult[])(await CallAsync(
                database => database.ScriptEvaluateAsync(Script.Newest, [StreamOf(eventType).Key], [from, Math.Min(left, NewestPage)]), cancellationToken))!;
            from = (string)page[0]!;
            foreach (var entry in ((RedisResult[])page[1]!).Select(item => (string[])item!))
            {
                if (Guid.TryParse(entry[1], out var eventId))
                    newest.Add(new PublishedEntry(entry[0], eventId, entry[2]));
            }
        }

        return newest;
    }

    public async Task<TransportState> ProbeAsync(
        IReadOnlyList<(string EventType, string EntryId)> entries, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
                Script.Probe,
                [.. entries.Select(entry => keys.Stream(StreamName.Of(entry.EventType)))],
                [.. entries.Select(entry => (RedisValue)entry.EntryId)]).WaitAsync(cancellationToken))!;
            return new TransportState((string)reply[0]!, [.. reply.Skip(1).Select(found => (long)found > 0)]);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            throw new EventTransportUnavailableException(e);
        }
    }

    /// <summary>A key that is not a stream does not prevent the trimming of the others.</summary>
    public async Task TrimAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken)
    {
        foreach (var stream in eventTypes.Select(StreamName.Of))
        {
            try
            {
                while (await TrimPageAsync(stream, cancellationToken) > 0)
                {
                    // More entries may be due.
                }
            }
            catch (RedisServerException e) when (!RedisAvailability.IsUnavailable(e))
            {
                LogNotTrimmed(stream, e.Message);
            }
        }

        await OrDefaultAsync(database => database.SortedSetRemoveRangeByRankAsync(keys.LostEntries, 0, -MaxLostEntries - 1), cancellationToken);
    }

    /// <summary>A failure is only logged, because nothing depends on the report.</summary>
    public async Task ReportOutboxAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken)
    {
        try
        {
            await redis.GetDatabase().ScriptEvaluateAsync(Script.Outbox, [keys.Outboxes], [service, waiting, (long)oldestAge.TotalMilliseconds])
                .WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is RedisException || RedisAvailability.IsUnavailable(e))
        {
            LogNotReported(e.Message);
        }
    }

    public async Task WakeAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            await redis.GetSubscriber().PublishAsync(keys.Wake, service).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            // The dispatcher also polls every second.
        }
    }

    /// <summary>Does not wait for a reply: Redis may be down, and the driver subscribes on every connection that it opens.</summary>
    public Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken)
        => redis.GetSubscriber().SubscribeAsync(keys.Wake, (_, woken) =>
        {
            if (woken == service)
                wake();
        }, CommandFlags.FireAndForget);

    private async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(redis.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            throw new EventTransportUnavailableException(e);
        }
    }

    /// <summary>For bookkeeping that nothing depends on: a key of the wrong type is only logged.</summary>
    private async Task<T?> OrDefaultAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(call, cancellationToken);
        }
        catch (RedisServerException e)
        {
            LogNotReported(e.Message);
            return default;
        }
    }

    private async Task<long> TrimPageAsync(string stream, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Trim,
            [keys.Stream(stream), keys.Groups, keys.Trimmed, keys.Ahead],
            [stream, (long)options.StreamRetention.TotalMilliseconds, TrimPage]).WaitAsync(cancellationToken))!;
        var trimmed = (long)reply[0];
        var group = (string?)reply[1] is { Length: > 0 } name && trimmed == 0 ? name : null;
        if (blockingGroups.TryGetValue(stream, out var before) && before != group && blockingGroups.Remove(stream))
            EventBusTelemetry.HeldBack.Record(0, EventBusTelemetry.OwnTags(stream, before));
        if (group is not null)
        {
            EventBusTelemetry.HeldBack.Record((long)reply[3] / 1000d, EventBusTelemetry.OwnTags(stream, group));
            if (blockingGroups.TryAdd(stream, group))
                LogHeldBack(stream, group, (string?)reply[2]);
        }

        return trimmed;
    }

    /// <summary>Counts sent events, grouping consecutive ones with the same stream and outcome.</summary>
    private void Count(IReadOnlyList<OutgoingEvent> events, PublishResult[] results)
    {
        for (var from = 0; from < results.Length;)
        {
            var to = from + 1;
            while (to < results.Length && events[to].Type == events[from].Type && results[to].Error?.GetType() == results[from].Error?.GetType())
                to++;
            EventBusTelemetry.SentMessages.Add(
                to - from, EventBusTelemetry.Tags(StreamOf(events[from].Type).Stream, errorType: results[from].Error?.GetType().FullName));
            from = to;
        }
    }

    private (string Stream, RedisKey Key) StreamOf(string eventType)
        => streams.GetOrAdd(eventType, static (type, keys) => (StreamName.Of(type), keys.Stream(StreamName.Of(type))), keys);

    [LoggerMessage(LogLevel.Warning, "{Stream} keeps entries beyond its retention, because the group {Group} has not finished them ({Reason}).")]
    private partial void LogHeldBack(string stream, string group, string? reason);

    [LoggerMessage(LogLevel.Error, "{Stream} can't be trimmed: {Error}")]
    private partial void LogNotTrimmed(string stream, string error);

    [LoggerMessage(LogLevel.Debug, "Bookkeeping in Redis failed: {Error}")]
    private partial void LogNotReported(string error);
}
