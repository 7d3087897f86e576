namespace TaskPlatform.EventBus;

/// <summary>
/// Limits how long handlers run that run one after the other, with one token and one timer for all of them. A handler that exceeds its
/// limit has its token cancelled; one that does not stop then is abandoned. After either, the timer is spent.
/// </summary>
internal sealed class HandlerTimer : IDisposable
{
    /// <summary>How long a handler may take to stop once its token is cancelled, unless its limit is shorter.</summary>
    private static readonly TimeSpan MaxGrace = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource source;
    private readonly CancellationTokenRegistration cancelled;
    private readonly Timer timer;
    private readonly TaskCompletionSource abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string handler = "";
    private TimeSpan limit;
    private bool isRunning;
    private long deadline;
    private long due = long.MaxValue;
    private bool isStopping;
    private bool isExpired;
    private bool isAbandoned;

    /// <param name="cancellationToken">Cancels the handlers' token, too.</param>
    public HandlerTimer(CancellationToken cancellationToken)
    {
        timer = new Timer(static state => ((HandlerTimer)state!).Check(), this, Timeout.Infinite, Timeout.Infinite);
        source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        cancelled = cancellationToken.UnsafeRegister(static state => ((HandlerTimer)state!).Stop(), this);
    }

    /// <summary>What the handlers are called with.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>The transaction that the handlers take part in. It is ended when one of them is abandoned.</summary>
    public IInboxTransaction? Transaction { get; set; }

    /// <summary>Whether further handlers need another timer.</summary>
    public bool IsSpent => source.IsCancellationRequested;

    /// <summary>Completes when a handler is abandoned.</summary>
    public Task Abandoned => abandoned.Task;

    /// <summary>Why it was abandoned.</summary>
    public HandlerTimeoutException Failure => new(handler, limit, hasStopped: false);

    private TimeSpan Grace => limit < MaxGrace ? limit : MaxGrace;

    /// <summary>A handler begins.</summary>
    public void Begin(string name, TimeSpan time)
    {
        lock (gate)
        {
            (handler, limit, isRunning) = (name, time, true);
            SetDeadline(isStopping ? Grace : limit);
        }
    }

    /// <summary>The handler has ended, in whichever way.</summary>
    /// <exception cref="HandlerTimeoutException">It took longer than it may.</exception>
    /// <exception cref="HandlerAbandonedException">It was abandoned before.</exception>
    public void End()
    {
        lock (gate)
        {
            isRunning = false;
            if (isAbandoned)
                throw new HandlerAbandonedException();
            if (isExpired)
                throw new HandlerTimeoutException(handler, limit, hasStopped: true);
        }
    }

    public void Dispose()
    {
        cancelled.Dispose();
        timer.Dispose();
        source.Dispose();
    }

    /// <summary>Setting the timer for each handler would cost more than the rest: where it fires before the deadline, it is set again then.</summary>
    private void SetDeadline(TimeSpan time)
    {
        var now = Environment.TickCount64;
        deadline = now + (long)time.TotalMilliseconds;
        if (deadline >= due)
            return;

        due = deadline;
        timer.Change(deadline - now, Timeout.Infinite);
    }

    private void Check()
    {
        lock (gate)
        {
            due = long.MaxValue;
            if (!isRunning || isAbandoned)
                return;

            var left = deadline - Environment.TickCount64;
            if (left > 0)
            {
                SetDeadline(TimeSpan.FromMilliseconds(left));
            }
            else if (isStopping)
            {
                isAbandoned = true;
                abandoned.TrySetResult();
            }
            else
            {
                isExpired = isStopping = true;
                SetDeadline(Grace);

                // Not awaited: what handlers have registered with the token may throw, or never return.
                _ = source.CancelAsync();
            }
        }
    }

    private void Stop()
    {
        lock (gate)
        {
            isStopping = true;
            if (isRunning)
                SetDeadline(Grace);
        }
    }
}
