using System.Collections.Concurrent;
using System.Globalization;

namespace TaskPlatform.Notifications.Live;

/// <summary>Tells the open streams of this process that something was committed for them, by whichever process.</summary>
internal sealed class NewNotifications : IDisposable
{
    // Streams share so many connections, however many there are.
    private const int Readers = 4;

    private readonly ConcurrentDictionary<StreamSubscription, byte> open = [];
    private readonly SemaphoreSlim reading = new(Readers);

    /// <summary>Begins to listen to what comes for a user.</summary>
    public StreamSubscription Subscribe(long userId)
    {
        var subscription = new StreamSubscription(userId, closed => open.TryRemove(closed, out _));
        open.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>Takes a message of the database's trigger: the user's id.</summary>
    public void Take(string message)
    {
        if (long.TryParse(message, CultureInfo.InvariantCulture, out var userId))
            Wake(subscription => subscription.UserId == userId);
    }

    /// <summary>Messages may have been missed: every stream looks for itself.</summary>
    public void CatchUp() => Wake(_ => true);

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

    private void Wake(Func<StreamSubscription, bool> concerned)
    {
        foreach (var (subscription, _) in open)
        {
            if (concerned(subscription))
                subscription.Wake();
        }
    }
}
