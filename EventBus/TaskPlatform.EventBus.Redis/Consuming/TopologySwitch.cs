using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Keeps the order while a topology is replaced: a group reads a new channel once something is on it, which shows that the publisher of these aggregates uses the
/// new topology, and the group has finished the old channels of the same aggregates, to which nothing is added any more.
/// </summary>
internal sealed class TopologySwitch(RedisConnection redis, RedisKeys keys, ConsumerGroup group)
{
    private readonly HashSet<string> open = new(StringComparer.Ordinal);

    /// <summary>The group's channels that it may read now.</summary>
    public async Task<IReadOnlyCollection<string>> ReadableAsync(CancellationToken cancellationToken)
    {
        var topologies = group.Topologies;
        if (topologies.Replaced is not { } replaced)
            return group.Channels;

        var finished = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var types in group.EventTypes.GroupBy(EventEnvelope.AggregateTypeOf))
        {
            foreach (var channel in topologies.Current.ChannelsOf(types).Except(open))
            {
                if (!await redis.GetDatabase().KeyExistsAsync(keys.Stream(channel)).WaitAsync(cancellationToken))
                    continue;
                if (!finished.TryGetValue(types.Key, out var isFinished))
                    finished[types.Key] = isFinished = await AreFinishedAsync(replaced.ChannelsOf(types), cancellationToken);
                if (isFinished)
                    open.Add(channel);
            }
        }

        return [.. replaced.ChannelsOf(group.EventTypes), .. open];
    }

    private async Task<bool> AreFinishedAsync(IReadOnlyList<string> channels, CancellationToken cancellationToken)
    {
        var replies = await Task.WhenAll(channels.Select(channel => redis.GetDatabase().ScriptEvaluateAsync(
            Script.IsDrained, [keys.Stream(channel)], [group.Name, ReservedConsumers.AwaitingRetry]))).WaitAsync(cancellationToken);
        return replies.All(reply => (long)reply == 1);
    }
}
