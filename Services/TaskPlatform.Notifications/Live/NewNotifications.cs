using System.Globalization;
using Microsoft.Extensions.Options;

namespace TaskPlatform.Notifications.Live;

/// <summary>Tells the open streams of this process that something was committed for them, by whichever process.</summary>
internal sealed class NewNotifications(IOptions<LiveStreamOptions> options) : IDisposable
{
    // Streams share so many connections, however many there are.
    private const int MaxConcurrency = 4;

    private readonly Lock changing = new();
    private readonly Dictionary<long, List<StreamSubscription>> open = []; // By user, the oldest first.
    private readonly SemaphoreSlim reading = new(MaxConcurrency);

    /// <summary>Begins to listen to what comes for a user. Where the user has too many streams, the oldest ends.</summary>
    public async Task<StreamSubscription> SubscribeAsync(long userId)
    {
        var subscription = new StreamSubscription(userId, Close);
        if (Add(subscription) is { } oldest)
            await oldest.EndAsync();
        return subscription;
    }

    /// <summary>Takes a message of the database's trigger: the user's id.</summary>
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

    /// <summary>Messages may have been missed: every stream looks for itself.</summary>
    public void WakeAll()
    {
        lock (changing)
        {
            foreach (var streams in open.Values)
                streams.ForEach(stream => stream.Wake());
        }
    }

    /// <summary>Reads for a stream when it is its turn.</summary>
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

    /// <returns>The stream that has to end for it.</returns>
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
