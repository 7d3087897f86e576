using System.Globalization;
using Microsoft.Extensions.Options;

namespace TaskPlatform.Notifications.Live;

/// <summary>Wakes this process's open streams when any process has committed notifications for their users.</summary>
internal sealed class LiveStreams(IOptions<LiveStreamOptions> options) : IDisposable
{
    // The maximum number of connections that all streams share.
    private const int MaxConcurrency = 4;

    private readonly Lock changing = new();
    private readonly Dictionary<long, List<StreamSubscription>> open = []; // By user, oldest first.
    private readonly SemaphoreSlim reading = new(MaxConcurrency);

    /// <summary>Subscribes to the notifications of a user. If the user has too many streams, the oldest one is ended.</summary>
    public async Task<StreamSubscription> SubscribeAsync(long userId)
    {
        var subscription = new StreamSubscription(userId, Close);
        if (Add(subscription) is { } oldest)
            await oldest.EndAsync();
        return subscription;
    }

    /// <summary>Handles a message of the table's trigger: the user's id.</summary>
    public void Notify(string message)
    {
        if (!long.TryParse(message, CultureInfo.InvariantCulture, out var userId))
            return;

        lock (changing)
        {
            if (open.TryGetValue(userId, out var streams))
                streams.ForEach(stream => stream.Wake());
        }
    }

    /// <summary>Wakes all streams, because messages may have been missed.</summary>
    public void WakeAll()
    {
        lock (changing)
        {
            foreach (var streams in open.Values)
                streams.ForEach(stream => stream.Wake());
        }
    }

    /// <summary>Runs a query of a stream as soon as one of the shared connections is available.</summary>
    public async Task<T> ReadAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose() => reading.Dispose();

    /// <returns>The stream that must be ended to stay within the limit.</returns>
    private StreamSubscription? Add(StreamSubscription subscription)
    {
        lock (changing)
        {
            if (!open.TryGetValue(subscription.UserId, out var streams))
                open[subscription.UserId] = streams = [];
            streams.Add(subscription);
            if (streams.Count <= options.Value.MaxPerUser)
                return null;

            var oldest = streams[0];
            streams.RemoveAt(0);
            return oldest;
        }
    }

    private void Close(StreamSubscription subscription)
    {
        lock (changing)
        {
            if (open.TryGetValue(subscription.UserId, out var streams) && streams.Remove(subscription) && streams.Count == 0)
                open.Remove(subscription.UserId);
        }
    }
}
