using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Takes in what is new in a group's streams, a reply at a time. Where there is more, the next reply is asked for before the
/// entries of this one are looked at, so that Redis and this process work at the same time.
/// </summary>
internal sealed class ReceiveLoop(
    ConsumerGroup group, ConsumerName consumer, BlockingReader reader, LaneSet lanes, RedisKeys keys, EventBusOptions options)
{
    private readonly ReadPlan plan = new();
    private (Task<RespResult> Reply, int Count)? pending;

    /// <summary>Whether a reply was asked for and not taken in.</summary>
    public bool IsReading => pending is not null;

    /// <summary>Takes in the reply that is under way, else one of these streams.</summary>
    /// <exception cref="RedisServerException">A stream or its group is not there, or is of the wrong kind.</exception>
    public async Task ReceiveAsync(IReadOnlyList<string> streams, CancellationToken stoppingToken)
    {
        if (pending is null)
        {
            var request = plan.Next(streams);
            await lanes.InFlight.WaitForRoomAsync(Math.Min(request.Streams.Count, options.Prefetch), stoppingToken);
            StartRead(request, lanes.InFlight.Free);
        }

        // The read that is under way at a stop is waited for, so that nothing it brings is forgotten.
        var (reading, count) = pending!.Value;
        pending = null;
        using var reply = await reading;
        var read = StreamReply.ReadStreams(reply).ConvertAll(stream => (Stream: stream.Key[keys.Prefix.Length..], stream.Entries));
        plan.Learn([.. read.Where(stream => stream.Entries >= count).Select(stream => stream.Stream)]);
        var room = lanes.InFlight.Free - read.Sum(stream => stream.Entries);
        if (plan.ExpectsMore && streams.Count > 0 && room >= streams.Count && !stoppingToken.IsCancellationRequested)
            StartRead(plan.Next(streams), room);

        if (read.Count == 0)
            return;
        foreach (var (stream, entries) in read)
            EventBusTelemetry.ConsumedMessages.Add(entries, EventBusTelemetry.Tags(stream, group.Name));
        foreach (var deliveries in StreamReply.ReadEntries(reply, read, options.MaxEventBytes))
            lanes.Enqueue(deliveries);
    }

    private void StartRead(ReadRequest request, int room)
    {
        var count = request.Count(room);
        pending = (reader.ReadAsync(group.Name, consumer.Value, count, request.Wait, request.Streams, CancellationToken.None), count);
    }
}
