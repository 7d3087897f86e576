using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// The readers of a consumer: one for all of its channels; on a cluster one per hash slot, because a command can't read keys of several slots.
/// </summary>
internal sealed partial class ChannelReaders(
    ConsumerGroup group, RedisConnection redis, RedisKeys keys, BusHealth health, TimeProvider clock, ILogger logger, Func<RedisKey, ChannelReader> create) : IAsyncDisposable
{
    /// <summary>How long a call waits for the first channel.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, ChannelReader> readers = new();
    private readonly Dictionary<ChannelReader, Task<IReadOnlyList<ReceivedEvent>>> reading = [];
    private readonly Dictionary<ChannelReader, BackOff> backOffs = [];
    private TaskCompletionSource added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The channels that are read now.</summary>
    public IReadOnlyList<string> Readable => [.. readers.Values.SelectMany(reader => reader.Readable)];

    /// <summary>The number that the channels of one reader have in common.</summary>
    public int SlotOf(string channel) => redis.SlotOf(keys.Stream(channel));

    /// <summary>Reads a channel from now on.</summary>
    public void Add(string channel)
    {
        ReaderOf(channel).Add(channel);
        Interlocked.Exchange(ref added, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>Reads a channel no longer.</summary>
    /// <returns>A task that completes when no read of it is in progress.</returns>
    public Task RemoveAsync(string channel) => readers.TryGetValue(SlotOf(channel), out var reader) ? reader.RemoveAsync(channel) : Task.CompletedTask;

    /// <summary>The reader of a channel.</summary>
    public ChannelReader ReaderOf(string channel) => readers.GetOrAdd(SlotOf(channel), static (_, part) => part.create(part.Key), (create, Key: keys.Stream(channel)));

    /// <summary>Makes the next reads check the groups, and what this consumer has pending.</summary>
    public void Interrupt()
    {
        foreach (var reader in readers.Values)
            reader.Interrupt();
    }

    /// <summary>Makes the next reads try the channels again that could not be read.</summary>
    public void RetryBroken()
    {
        foreach (var reader in readers.Values)
            reader.RetryBroken();
    }

    /// <summary>Receives the next events of any channel.</summary>
    public async Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken)
    {
        var change = added.Task;
        if (readers.IsEmpty)
        {
            await change.WaitAsync(MaxWait, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return [];
        }

        if (readers.Count == 1 && reading.Count == 0)
            return await readers.Values.Single().ReadAsync(max, cancellationToken);

        var share = Math.Max(1, max / readers.Count);
        foreach (var reader in readers.Values.Where(reader => !reading.ContainsKey(reader)))
            reading.Add(reader, ReadAsync(reader, share, cancellationToken));
        await Task.WhenAny([.. reading.Values, change]);
        var (done, read) = reading.FirstOrDefault(one => one.Value.IsCompleted);
        if (done is null)
            return [];
        reading.Remove(done);
        return await read;
    }

    /// <summary>Ends reads in progress.</summary>
    public Task UnblockAsync() => Task.WhenAll(readers.Values.Select(reader => reader.UnblockAsync()));

    /// <summary>The events of reads that were in progress when the consumer stopped.</summary>
    public async Task<IReadOnlyList<ReceivedEvent>> DrainAsync()
    {
        var drained = new List<ReceivedEvent>();
        foreach (var read in reading.Values)
            drained.AddRange(await read);
        foreach (var reader in readers.Values)
            drained.AddRange(await reader.DrainAsync());
        return drained;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in readers.Values)
            await reader.DisposeAsync();
    }

    /// <summary>A server that fails delays only its own channels.</summary>
    private async Task<IReadOnlyList<ReceivedEvent>> ReadAsync(ChannelReader reader, int max, CancellationToken cancellationToken)
    {
        var role = $"{group.Name} reading {string.Join(", ", reader.Channels)}";
        try
        {
            var read = await reader.ReadAsync(max, cancellationToken);
            if (health.Recovered(role))
                LogReadable(role);
            backOffs.Remove(reader);
            return read;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (health.Blocked(role, e.Message))
                LogInterrupted(role, e.Message);
            reader.Interrupt();
            if (!backOffs.TryGetValue(reader, out var backOff))
                backOffs.Add(reader, backOff = new BackOff(clock));
            await backOff.WaitAsync(cancellationToken);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Role} was interrupted; recovery is automatic: {Error}")]
    private partial void LogInterrupted(string role, string error);

    [LoggerMessage(LogLevel.Information, "{Role} has recovered.")]
    private partial void LogReadable(string role);
}
