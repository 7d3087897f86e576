using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>A consumer's calls on the leases of its group's channels, and on the list of the group's live consumers.</summary>
internal sealed class ChannelLeases(RedisConnection redis, RedisKeys keys, ConsumerGroup group, ConsumerName consumer, EventBusOptions options)
{
    private readonly RedisKey leases = keys.LeasesOf(group.Name);

    /// <summary>
    /// Renews, acquires or reads leases. Where one was acquired, the connection through which the previous owner reads is closed before this returns: if
    /// that process is frozen, nothing that it sends when it wakes can take an entry.
    /// </summary>
    /// <param name="requests">The channels, and what to do with the lease of each.</param>
    /// <param name="readable">The channels that this consumer can read, with which it is registered as live; null not to register it.</param>
    /// <param name="clientId">The connection through which this consumer reads.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<GroupLeases> CallAsync(
        IReadOnlyCollection<(string Channel, string Mode)> requests, IReadOnlyCollection<string>? readable, long clientId, CancellationToken cancellationToken)
    {
        RedisValue[] arguments =
        [
            consumer.Value, clientId, (long)options.LeaseDuration.TotalMilliseconds, readable is not null, string.Join(' ', readable ?? []),
            .. requests.SelectMany(request => (RedisValue[])[request.Channel, request.Mode]),
        ];
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(Script.Lease, [leases], arguments).WaitAsync(cancellationToken))!;
        foreach (var closed in (string[])reply[3]!)
            await redis.ServerOf(leases).ExecuteAsync("CLIENT", "KILL", "ID", closed).WaitAsync(cancellationToken);

        var lists = ((string[])reply[1]!).Chunk(2).ToDictionary(
            list => list[0], IReadOnlySet<string> (list) => list[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        return new GroupLeases(
            ((RedisResult[])reply[0]!).Select(item => (string[])item!)
                .Where(member => lists.ContainsKey(member[1]))
                .ToDictionary(member => member[0], member => lists[member[1]], StringComparer.Ordinal),
            requests.Zip((string[])reply[2]!, (request, owner) => (request.Channel, owner)).ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>Removes this consumer from the live ones.</summary>
    public Task LeaveAsync() => redis.GetDatabase().HashDeleteAsync(leases, $"member:{consumer.Value}");
}

/// <summary>What a group's processes know of one another.</summary>
/// <param name="Members">The live ones, with the channels that each can read.</param>
/// <param name="Owners">The owner of each requested channel; empty if it has none.</param>
internal sealed record GroupLeases(IReadOnlyDictionary<string, IReadOnlySet<string>> Members, IReadOnlyDictionary<string, string> Owners);

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
