using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>A consumer's calls on the leases of its group's channels, and on the list of the group's live consumers.</summary>
internal sealed class ChannelLeases(RedisConnection redis, RedisKeys keys, ConsumerGroup group, ConsumerName consumer, EventBusOptions options)
{
    /// <summary>Registers this consumer with the channels that it can read.</summary>
    /// <returns>The live consumers of the group, with their channels.</returns>
    public async Task<Dictionary<string, IReadOnlySet<string>>> JoinAsync(IEnumerable<string> channels, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await CallMembersAsync(options.LeaseDuration, string.Join(' ', channels)).WaitAsync(cancellationToken))!;
        var lists = ((string[])reply[1]!).Chunk(2).ToDictionary(
            list => list[0], IReadOnlySet<string> (list) => list[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        return ((RedisResult[])reply[0]!).Select(item => (string[])item!)
            .Where(member => lists.ContainsKey(member[1]))
            .ToDictionary(member => member[0], member => lists[member[1]], StringComparer.Ordinal);
    }

    /// <summary>Removes this consumer from the list.</summary>
    public Task LeaveAsync() => CallMembersAsync(TimeSpan.Zero, "");

    /// <summary>
    /// Renews, acquires or reads the leases of channels in one slot. Where one was acquired, the connection through which the previous owner reads is
    /// closed before this returns: if that process is frozen, nothing that it sends when it wakes can take an entry.
    /// </summary>
    /// <param name="requests">The channels, and what to do with the lease of each.</param>
    /// <param name="clientId">The connection through which this consumer reads.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The channels with their owners; empty if there is none.</returns>
    public async Task<List<(string Channel, string Owner)>> CallAsync(
        IReadOnlyList<(string Channel, string Mode)> requests, long clientId, CancellationToken cancellationToken)
    {
        var replies = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Lease,
            [.. requests.Select(request => KeyOf(request.Channel))],
            [consumer.Value, clientId, (long)options.LeaseDuration.TotalMilliseconds, .. requests.Select(request => (RedisValue)request.Mode)]).WaitAsync(cancellationToken))!;
        var owners = new List<(string, string)>(requests.Count);
        foreach (var ((channel, _), reply) in requests.Zip(replies.Select(reply => (string[])reply!)))
        {
            if (reply[1].Length > 0)
                await redis.ServerOf(KeyOf(channel)).ExecuteAsync("CLIENT", "KILL", "ID", reply[1]).WaitAsync(cancellationToken);
            owners.Add((channel, reply[0]));
        }

        return owners;
    }

    private Task<RedisResult> CallMembersAsync(TimeSpan duration, string channels)
        => redis.GetDatabase().ScriptEvaluateAsync(Script.Members, [keys.Members(group.Name)], [consumer.Value, (long)duration.TotalMilliseconds, channels]);

    private RedisKey KeyOf(string channel) => keys.Lease(channel, group.Name);
}

/// <summary>What to do with a lease.</summary>
internal static class LeaseMode
{
    /// <summary>Renew it, if this consumer owns it.</summary>
    public const string Hold = "hold";

    /// <summary>Acquire it, if it is free.</summary>
    public const string Acquire = "acquire";

    /// <summary>Read it only.</summary>
    public const string Look = "look";
}
