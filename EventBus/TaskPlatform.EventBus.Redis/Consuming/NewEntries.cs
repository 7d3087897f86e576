using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Reads what is new in a group's streams, a reply at a time. Where there is more, the next reply is requested before the entries of this one
/// are handed on, so that Redis and this process work at the same time.
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

    /// <summary>The streams that can be read now; none before the first read and after a failure.</summary>
    public IReadOnlyList<string> Readable => readable;

    /// <summary>Has the next read ensure that the groups exist, and list what this consumer holds.</summary>
    public void Interrupt() => readable = [];

    /// <summary>Reads new entries. After a start or a failure: first those that this consumer holds already without knowing them.</summary>
    /// <exception cref="RedisServerException">A stream or its group does not exist, or is of the wrong type.</exception>
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

        return requested is null && unlisted.TryPeek(out var next) ? await ListOwnAsync(next, max, cancellationToken) : await TakeAsync(readable, max, cancellationToken);
    }

    /// <summary>The entries of a read that was in progress when the process stopped. They are this consumer's, so they must not be forgotten.</summary>
    public Task<IReadOnlyList<ReceivedEvent>> DrainAsync()
        => requested is null ? Task.FromResult<IReadOnlyList<ReceivedEvent>>([]) : TakeAsync([], 0, CancellationToken.None);

    /// <summary>Ensures that the groups exist. A key that is not a stream affects its own events only, not those of the other streams.</summary>
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
    /// What a process of the same name left at its end may have killed it. But what this process holds without knowing it came in a
    /// reply that was lost: no handler ever saw it, and that delivery is not counted.
    /// </summary>
    private async Task<IReadOnlyList<ReceivedEvent>> ListOwnAsync(string stream, int max, CancellationToken cancellationToken)
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

    private async Task<IReadOnlyList<ReceivedEvent>> TakeAsync(IReadOnlyList<string> readable, int max, CancellationToken cancellationToken)
    {
        if (requested is null)
            Request(plan.Next(readable), max);

        // The read in progress at a stop is waited for, so that nothing it brings is forgotten.
        var (reading, count) = requested!.Value;
        requested = null;
        using var reply = await reading;
        var read = StreamReply.ReadStreams(reply).ConvertAll(stream => (Stream: stream.Key[keys.Prefix.Length..], stream.Entries));
        plan.Learn([.. read.Where(stream => stream.Entries >= count).Select(stream => stream.Stream)]);
        var room = max - read.Sum(stream => stream.Entries);
        if (plan.ExpectsMore && readable.Count > 0 && room >= readable.Count && !cancellationToken.IsCancellationRequested)
            Request(plan.Next(readable), room);

        foreach (var (stream, entries) in read)
            EventBusTelemetry.ConsumedMessages.Add(entries, EventBusTelemetry.Tags(stream, group.Name));
        return read.Count == 0 ? [] : StreamReply.ReadEntries(reply, read);
    }

    private void Request(ReadRequest request, int room)
    {
        var count = request.Count(room);
        requested = (reader.ReadAsync(group.Name, consumer.Value, count, request.Wait, request.Streams, CancellationToken.None), count);
    }

    [LoggerMessage(LogLevel.Information, "{Group} reads {Stream} again.")]
    private partial void LogReadable(string group, string stream);

    [LoggerMessage(LogLevel.Error, "{Group} can't read {Stream}.")]
    private partial void LogNoStream(string group, string stream, Exception exception);
}
