using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Adds committed events to their streams.</summary>
internal sealed class RedisTransport : IEventTransport
{
    private readonly IConnectionMultiplexer redis;
    private readonly RedisKeys keys;
    private readonly RedisReceivers receivers;
    private readonly ConcurrentDictionary<string, (string Stream, RedisKey Key)> streams = new(StringComparer.Ordinal);

    public RedisTransport(
        IConnectionMultiplexer redis, RedisKeys keys, EventBusOptions options, RedisReceivers receivers, ILogger<RedisTransport> logger)
    {
        (this.redis, this.keys, this.receivers) = (redis, keys, receivers);
        var calls = new TransportCalls(redis, logger);
        Capabilities = new TransportCapabilities
        {
            Probe = new PublishedEventProbe(calls, keys, logger),
            Trimmer = new StreamTrimmer(redis, calls, keys, options, logger),
            OutboxReports = new OutboxReports(redis, keys, logger),
            WakeChannel = new WakeChannel(redis, keys),
        };
    }

    public string System => "redis";

    public TransportCapabilities Capabilities { get; }

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
}
