using System.Threading.Channels;

namespace TaskPlatform.Notifications.Live;

/// <summary>Wakes one open stream. Any number of calls before it looks are one.</summary>
internal sealed class StreamSubscription(long userId, Action<StreamSubscription> close) : IDisposable
{
    private readonly Channel<bool> woken = Channel.CreateBounded<bool>(1);

    public long UserId => userId;

    public void Wake() => woken.Writer.TryWrite(true);

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
