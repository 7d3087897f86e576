using System.Threading.Channels;

namespace TaskPlatform.Notifications.Live;

/// <summary>Wakes or ends one open stream. Several wake-ups before the next wait count as one.</summary>
internal sealed class StreamSubscription(long userId, Action<StreamSubscription> close) : IDisposable
{
    private readonly Channel<bool> woken = Channel.CreateBounded<bool>(1);

    // Without a timer there is nothing to dispose, and another stream may end this one while it closes.
    private readonly CancellationTokenSource ended = new();

    public long UserId => userId;

    /// <summary>Cancelled when a newer stream of the user replaces this one.</summary>
    public CancellationToken Ended => ended.Token;

    public void Wake() => woken.Writer.TryWrite(true);

    public Task EndAsync() => ended.CancelAsync();

    /// <summary>Returns true when the stream is woken, or false after the time limit.</summary>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await woken.Reader.ReadAsync(end.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => close(this);
}
