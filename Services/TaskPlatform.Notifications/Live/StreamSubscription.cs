using System.Threading.Channels;

namespace TaskPlatform.Notifications.Live;

/// <summary>Wakes one open stream, or ends it. Any number of calls before it looks are one.</summary>
internal sealed class StreamSubscription(long userId, Action<StreamSubscription> close) : IDisposable
{
    private readonly Channel<bool> woken = Channel.CreateBounded<bool>(1);

    // It has no timer, so nothing needs to be disposed; another stream may end this one while it closes.
    private readonly CancellationTokenSource ended = new();

    public long UserId => userId;

    /// <summary>Is cancelled when a newer stream of the user takes this one's place.</summary>
    public CancellationToken Ended => ended.Token;

    public void Wake() => woken.Writer.TryWrite(true);

    public Task EndAsync() => ended.CancelAsync();

    /// <summary>Returns as soon as the stream is woken, with true, or after the time, with false.</summary>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var tooLong = new CancellationTokenSource(limit, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(tooLong.Token, cancellationToken);
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
