using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Acks of entries that were not pending: either another consumer has acked them, or the stream or its group did not exist and may reappear
/// (for example, a stream that was renamed temporarily). The acks are repeated until the entries would be claimed anyway.
/// </summary>
internal sealed partial class MissedAcks(ConsumerGroup group, GroupStreams streams, EventBusOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>Above this limit, entries are left to be claimed, like those of a dead process.</summary>
    private const int MaxCount = 10_000;

    private readonly ConcurrentQueue<MissedAck> missed = new();

    /// <summary>Adds a stream's entries, some of which were not pending.</summary>
    public void Add(string stream, IEnumerable<(string EntryId, bool IsTargeted)> entries)
    {
        foreach (var (entryId, isTargeted) in entries)
        {
            if (missed.Count < MaxCount)
                missed.Enqueue(new MissedAck(stream, entryId, isTargeted, clock.GetTimestamp()));
        }
    }

    /// <summary>Repeats the acks.</summary>
    public async Task RepeatAsync(CancellationToken cancellationToken)
    {
        var due = new List<MissedAck>();
        while (missed.TryDequeue(out var ack))
        {
            if (clock.GetElapsedTime(ack.At) < options.ClaimIdle)
                due.Add(ack);
        }

        foreach (var acks in due.GroupBy(ack => (ack.Stream, ack.IsTargeted)))
        {
            var acked = 0L;
            try
            {
                acked = await streams.AckAsync(acks.Key.Stream, [.. acks.Select(ack => (RedisValue)ack.EntryId)], acks.Key.IsTargeted).WaitAsync(cancellationToken);
            }
            catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
            {
                LogNotRepeated(group.Name, e.Message);
            }

            foreach (var ack in acks.Where(_ => acked < acks.Count()))
                missed.Enqueue(ack);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Group} could not repeat an ack of entries that were not pending: {Error}")]
    private partial void LogNotRepeated(string group, string error);

    private readonly record struct MissedAck(string Stream, string EntryId, bool IsTargeted, long At);
}
