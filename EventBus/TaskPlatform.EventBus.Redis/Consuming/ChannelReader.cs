using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Reads channels, one reply at a time. A channel is read in three steps: its group is created where it does not exist, what is
/// pending for this consumer is listed, and then new entries are read. If more are expected, the next reply is requested before the entries of this one
/// are returned, so that Redis and this process work concurrently.
/// </summary>
/// <remarks>
/// <see cref="ReadAsync"/> is called by one loop, the other methods by any. A consumer that has leases reads through the connection that they name only
/// (<see cref="Bind"/>); any other one connects itself.
/// </remarks>
internal sealed partial class ChannelReader(
    ConsumerGroup group, ConsumerName consumer, GroupStreams streams, BlockingReader reader, RedisKeys keys, BusHealth health, Action onDisconnected,
    ILogger logger) : IAsyncDisposable
{
    /// <summary>How long a call waits until there is something to read.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly ReadPlan plan = new();

    /// <summary>What to read; the number distinguishes a channel that was removed and added again.</summary>
    private readonly Dictionary<string, long> channels = new(StringComparer.Ordinal);
    private readonly HashSet<string> broken = new(StringComparer.Ordinal);
    private readonly HashSet<string> prepared = new(StringComparer.Ordinal);
    private readonly Queue<string> unlisted = new();
    private readonly HashSet<string> listedBefore = new(StringComparer.Ordinal);
    private readonly CoalescedSignal changed = new();
    private IReadOnlyList<string> readable = [];
    private string listedUntil = "-";
    private ReadInProgress? requested;
    private ReadInProgress? last;
    private long terms;
    private long boundClient;

    private bool IsLeased => group.Ordering == EventOrdering.Strict;

    /// <summary>All of its channels.</summary>
    public IReadOnlyList<string> Channels
    {
        get
        {
            lock (gate)
                return [.. channels.Keys];
        }
    }

    /// <summary>The channels from which new entries are read; none before the first read and after a failure.</summary>
    public IReadOnlyList<string> Readable => readable;

    /// <summary>Whether it reads through this connection.</summary>
    public bool IsBoundTo(long clientId) => Interlocked.Read(ref boundClient) == clientId;

    /// <summary>Connects, if it is not connected.</summary>
    /// <returns>The client id of the connection.</returns>
    public Task<long> ConnectAsync(CancellationToken cancellationToken) => reader.ConnectAsync(cancellationToken);

    /// <summary>Lets it read, because its leases name this connection.</summary>
    public void Bind(long clientId)
    {
        if (Interlocked.Exchange(ref boundClient, clientId) != clientId)
            changed.Set();
    }

    public void Add(string channel)
    {
        Task? read;
        lock (gate)
        {
            channels[channel] = ++terms;
            listedBefore.Remove(channel);
            broken.Remove(channel);
            Forget(channel);
            read = last?.Reply;
        }

        changed.Set();
        if (read is { IsCompleted: false })
            _ = UnblockAsync(); // Otherwise the channel would wait for the end of the read in progress, up to two seconds.
    }

    /// <summary>Reads a channel no longer.</summary>
    /// <returns>A task that completes when no read of it is in progress.</returns>
    public async Task RemoveAsync(string channel)
    {
        ReadInProgress? read;
        lock (gate)
        {
            channels.Remove(channel);
            broken.Remove(channel);
            Forget(channel);
            read = last;
        }

        while (read is { Reply.IsCompleted: false } && read.Includes(channel))
        {
            await UnblockAsync();
            await Task.WhenAny(read.Reply, Task.Delay(TimeSpan.FromMilliseconds(20))); // The read may have reached Redis after the call.
        }
    }

    /// <summary>Makes the next read ensure that the groups exist, and list what this consumer has pending.</summary>
    public void Interrupt()
    {
        lock (gate)
        {
            prepared.Clear();
            unlisted.Clear();
            broken.Clear();
            (readable, listedUntil) = ([], "-");
        }
    }

    /// <summary>Makes the next read try channels again that could not be read: a key of the wrong type may have been replaced by a stream.</summary>
    public void RetryBroken()
    {
        lock (gate)
            broken.Clear();
        changed.Set();
    }

    /// <summary>Reads new entries. After a start or a failure, first returns the entries that this consumer already has pending.</summary>
    /// <exception cref="RedisServerException">A stream or its group does not exist, or a key has the wrong type.</exception>
    public async Task<IReadOnlyList<ReceivedEvent>> ReadAsync(int max, CancellationToken cancellationToken)
    {
        try
        {
            if (requested is null)
            {
                if (!await IsConnectedAsync(cancellationToken))
                    return await WaitAsync(cancellationToken);
                await PrepareAsync(cancellationToken);
                if (NextUnlisted() is { } next)
                    return await ListAsync(next, max, cancellationToken);
            }

            return Request(max) is { } read ? await ReadReplyAsync(read, max, cancellationToken) : await WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            onDisconnected();
            throw;
        }
    }

    /// <summary>The entries of a read that was in progress at the stop. They are pending for this consumer and have to be released.</summary>
    public async Task<IReadOnlyList<ReceivedEvent>> DrainAsync()
    {
        if (requested is not { } read)
            return [];
        requested = null;
        using var reply = await read.Reply;
        return StreamReply.ReadEntries(reply, ReadStreams(reply));
    }

    /// <summary>Makes a read in progress return immediately.</summary>
    public Task UnblockAsync() => reader.UnblockAsync();

    public ValueTask DisposeAsync()
    {
        changed.Dispose();
        return reader.DisposeAsync();
    }

    private async Task<bool> IsConnectedAsync(CancellationToken cancellationToken)
    {
        if (IsLeased)
            return reader.ClientId is not 0 and var id && IsBoundTo(id);
        await reader.ConnectAsync(cancellationToken);
        return true;
    }

    private async Task<IReadOnlyList<ReceivedEvent>> WaitAsync(CancellationToken cancellationToken)
    {
        await changed.WaitAsync(MaxWait, cancellationToken);
        return [];
    }

    /// <summary>Ensures that the groups exist. A key that is not a stream affects only its own events.</summary>
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        List<(string Channel, long Term)> added;
        lock (gate)
            added = [.. channels.Where(channel => !prepared.Contains(channel.Key) && !broken.Contains(channel.Key)).Select(channel => (channel.Key, channel.Value))];
        if (added.Count == 0)
            return;

        var ensured = new List<(string Channel, long Term)>();
        foreach (var one in added)
        {
            try
            {
                await streams.EnsureAsync(one.Channel).WaitAsync(cancellationToken);
                ensured.Add(one);
                if (health.Recovered($"{group.Name} {one.Channel}"))
                    LogReadable(group.Name, one.Channel);
            }
            catch (RedisServerException e) when (!RedisAvailability.IsUnavailable(e))
            {
                lock (gate)
                    broken.Add(one.Channel);
                if (health.Blocked($"{group.Name} {one.Channel}", e.Message))
                    LogNoStream(group.Name, one.Channel, e);
            }
        }

        await streams.RegisterAsync([.. ensured.Select(one => one.Channel)]).WaitAsync(cancellationToken);
        lock (gate)
        {
            foreach (var (channel, term) in ensured)
            {
                if (channels.GetValueOrDefault(channel) == term && prepared.Add(channel))
                    unlisted.Enqueue(channel);
            }

            SetReadable();
            if (prepared.Count == 0 && ensured.Count == 0 && channels.Count > 0)
                throw new InvalidOperationException($"The group '{group.Name}' has no stream to read.");
        }
    }

    private (string Channel, long Term)? NextUnlisted()
    {
        lock (gate)
            return unlisted.TryPeek(out var channel) ? (channel, channels[channel]) : null;
    }

    /// <summary>
    /// Entries of a previous process with the same name may have crashed it, so their deliveries count. Other pending entries were in a reply
    /// that was lost: no handler received them, and that delivery is not counted. The owner of a channel also takes over what others had.
    /// </summary>
    private async Task<IReadOnlyList<ReceivedEvent>> ListAsync((string Name, long Term) channel, int max, CancellationToken cancellationToken)
    {
        var uncounted = listedBefore.Contains(channel.Name) ? 1 : 0;
        var listing = IsLeased
            ? streams.TakeOverAsync(channel.Name, listedUntil, max, uncounted)
            : streams.ListOwnedAsync(channel.Name, listedUntil, max, uncounted);
        var page = await listing.WaitAsync(cancellationToken);
        lock (gate)
        {
            if (channels.GetValueOrDefault(channel.Name) != channel.Term || !unlisted.TryPeek(out var next) || next != channel.Name)
                return []; // It was removed, or the listing begins again.
            if (page.IsLost)
            {
                Forget(channel.Name);
                broken.Add(channel.Name); // It is read again when it is added again.
                onDisconnected();
                return [];
            }

            listedUntil = $"({page.Next}";
            if (page.Next.Length == 0)
            {
                unlisted.Dequeue();
                listedUntil = "-";
                listedBefore.Add(channel.Name);
                SetReadable();
            }
        }

        return page.Entries;
    }

    /// <summary>The read in progress; begins one if there is none. Null if there is nothing to read.</summary>
    private ReadInProgress? Request(int max)
    {
        lock (gate)
        {
            if (requested is null && readable.Count > 0)
                requested = Begin(plan.Next(readable), max);
            return requested;
        }
    }

    private async Task<IReadOnlyList<ReceivedEvent>> ReadReplyAsync(ReadInProgress read, int max, CancellationToken cancellationToken)
    {
        // A stop also waits for the read in progress, because its entries have to be released.
        requested = null;
        using var reply = await read.Reply;
        var entries = ReadStreams(reply);
        plan.Learn([.. entries.Where(stream => stream.Entries >= read.Count).Select(stream => stream.Stream)]);
        var room = max - entries.Sum(stream => stream.Entries);
        HashSet<string> removed;
        lock (gate)
        {
            if (plan.ExpectsMore && readable.Count == prepared.Count && prepared.Count + broken.Count == channels.Count && readable.Count > 0
                && room >= readable.Count && !cancellationToken.IsCancellationRequested)
            {
                requested = Begin(plan.Next(readable), room);
            }

            removed = [.. entries.Select(stream => stream.Stream).Where(stream => channels.GetValueOrDefault(stream) != read.TermOf(stream))];
        }

        if (entries.Count == 0)
            return [];
        var received = StreamReply.ReadEntries(reply, entries);
        if (removed.Count > 0)
            received.RemoveAll(entry => removed.Contains(entry.Position.Channel)); // They are pending, and the channel's owner takes them over.
        return received;
    }

    /// <summary>Within the lock, so that no read begins after a channel was removed.</summary>
    private ReadInProgress Begin(ReadRequest request, int room)
    {
        var count = request.Count(room);
        return last = new ReadInProgress(
            reader.ReadAsync(group.Name, consumer.Value, count, request.Wait, request.Streams), count,
            request.Streams.ToDictionary(stream => stream, stream => channels.GetValueOrDefault(stream), StringComparer.Ordinal));
    }

    private List<(string Stream, int Entries)> ReadStreams(RespResult reply)
        => StreamReply.ReadStreams(reply).ConvertAll(stream => (stream.Key[keys.Prefix.Length..], stream.Entries));

    private void Forget(string channel)
    {
        prepared.Remove(channel);
        if (unlisted.TryPeek(out var next) && next == channel)
            listedUntil = "-";
        var others = unlisted.Where(other => other != channel).ToList();
        unlisted.Clear();
        others.ForEach(unlisted.Enqueue);
        SetReadable();
    }

    private void SetReadable() => readable = [.. prepared.Except(unlisted)];

    [LoggerMessage(LogLevel.Information, "{Group} can read {Stream} again.")]
    private partial void LogReadable(string group, string stream);

    [LoggerMessage(LogLevel.Error, "{Group} can't read {Stream}.")]
    private partial void LogNoStream(string group, string stream, Exception exception);

    /// <summary>A read whose reply has not been processed.</summary>
    private sealed record ReadInProgress(Task<RespResult> Reply, int Count, Dictionary<string, long> Terms)
    {
        public bool Includes(string channel) => Terms.ContainsKey(channel);

        public long TermOf(string channel) => Terms.GetValueOrDefault(channel);
    }
}
