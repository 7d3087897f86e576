using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Reads new entries of a group's streams, one reply at a time. If more are expected, the next reply is requested before the entries of this
/// one are returned, so that Redis and this process work concurrently.
/// </summary>
internal sealed partial class NewEntries(
    ConsumerGroup group, ConsumerName consumer, GroupStreams streams, BlockingReader reader, RedisKeys keys, BusHealth health, ILogger logger)
{
    private readonly ReadPlan plan = new();
    private readonly Queue<string> unlisted = new();
    private string listedUntil = "-";
    private IReadOnlyList<string> readable = [];
    private (Task<RespResult> Reply, int Count)? requested;
    private bool hasReadBefore;

    /// <summary>The streams that can be read; empty before the first read and after a failure.</summary>
    public IReadOnlyList<string> Readable => readable;

    /// <summary>Makes the next read ensure that the groups exist, and list this consumer's pending entries.</summary>
    public void Interrupt() => readable = [];

    /// <summary>Reads new entries. After a start or a failure, first returns the entries that this consumer already has pending.</summary>
    /// <exception cref="RedisServerException">A stream or its group does not exist, or a key has the wrong type.</exception>
    public async Task<IReadOnlyList<ReceivedEvent>> ReadAsync(int max, CancellationToken cancellationToken)
    {
        if (readable.Count == 0 && requested is null)
        {
            var ensured = await EnsureAsync(cancellationToken);
            await streams.RegisterAsync(ensured).WaitAsync(cancellationToken);
            unlisted.Clear();
            foreach (var stream in ensured)
                unlisted.Enqueue(stream);
            listedUntil = "-";
            readable = ensured;
        }

        return requested is null && unlisted.TryPeek(out var next) ? await ListOwnedAsync(next, max, cancellationToken) : await ReadReplyAsync(readable, max, cancellationToken);
    }

    /// <summary>The entries of a read that was in progress at the stop. They are pending for this consumer and have to be released.</summary>
    public Task<IReadOnlyList<ReceivedEvent>> DrainAsync()
        => requested is null ? Task.FromResult<IReadOnlyList<ReceivedEvent>>([]) : ReadReplyAsync([], 0, CancellationToken.None);

    /// <summary>Ensures that the groups exist. A key that is not a stream affects only its own events.</summary>
    private async Task<IReadOnlyList<string>> EnsureAsync(CancellationToken cancellationToken)
    {
        var ensured = new List<string>();
        foreach (var stream in group.EventTypes.Select(StreamName.Of))
        {
            try
            {
                await streams.EnsureAsync(stream).WaitAsync(cancellationToken);
                ensured.Add(stream);
                if (health.Recovered($"{group.Name} {stream}"))
                    LogReadable(group.Name, stream);
            }
            catch (RedisServerException e) when (!RedisAvailability.IsUnavailable(e))
            {
                if (health.Blocked($"{group.Name} {stream}", e.Message))
                    LogNoStream(group.Name, stream, e);
            }
        }

        if (ensured.Count == 0)
            throw new InvalidOperationException($"The group '{group.Name}' has no stream to read.");
        return ensured;
    }

    /// <summary>
    /// Entries of a previous process with the same name may have crashed it, so their deliveries count. Other pending entries were in a reply
    /// that was lost: no handler received them, and that delivery is not counted.
    /// </summary>
    private async Task<IReadOnlyList<ReceivedEvent>> ListOwnedAsync(string stream, int max, CancellationToken cancellationToken)
    {
        var page = await streams.ListOwnedAsync(stream, listedUntil, max, uncounted: hasReadBefore ? 1 : 0).WaitAsync(cancellationToken);
        listedUntil = $"({page.Next}";
        if (page.Next.Length == 0)
        {
            unlisted.Dequeue();
            listedUntil = "-";
            hasReadBefore |= unlisted.Count == 0;
        }

        return page.Entries;
    }

    private async Task<IReadOnlyList<ReceivedEvent>> ReadReplyAsync(IReadOnlyList<string> readable, int max, CancellationToken cancellationToken)
    {
        if (requested is null)
            Request(plan.Next(readable), max);

        // A stop also waits for the read in progress, because its entries have to be released.
        var (reading, count) = requested!.Value;
        requested = null;
        using var reply = await reading;
        var read = StreamReply.ReadStreams(reply).ConvertAll(stream => (Stream: stream.Key[keys.Prefix.Length..], stream.Entries));
        plan.Learn([.. read.Where(stream => stream.Entries >= count).Select(stream => stream.Stream)]);
        var room = max - read.Sum(stream => stream.Entries);
        if (plan.ExpectsMore && readable.Count > 0 && room >= readable.Count && !cancellationToken.IsCancellationRequested)
            Request(plan.Next(readable), room);

        return read.Count == 0 ? [] : StreamReply.ReadEntries(reply, read);
    }

    private void Request(ReadRequest request, int room)
    {
        var count = request.Count(room);
        requested = (reader.ReadAsync(group.Name, consumer.Value, count, request.Wait, request.Streams, CancellationToken.None), count);
    }

    [LoggerMessage(LogLevel.Information, "{Group} can read {Stream} again.")]
    private partial void LogReadable(string group, string stream);

    [LoggerMessage(LogLevel.Error, "{Group} can't read {Stream}.")]
    private partial void LogNoStream(string group, string stream, Exception exception);
}
