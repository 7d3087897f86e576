namespace TaskPlatform.EventBus;

/// <summary>
/// Limits the duration of handlers that run one after another, with one token and one timer for all of them. If a handler exceeds its
/// limit, its token is cancelled; if it does not stop then, it is abandoned. After either, the timer can't be used for further handlers.
/// </summary>
internal sealed class HandlerTimer : IDisposable
{
    /// <summary>How long a handler may take to stop after its token was cancelled, unless its time limit is shorter.</summary>
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

    /// <param name="cancellationToken">Also cancels the handlers' token.</param>
    public HandlerTimer(CancellationToken cancellationToken)
    {
        timer = new Timer(static state => ((HandlerTimer)state!).Check(), this, Timeout.Infinite, Timeout.Infinite);
        source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        cancelled = cancellationToken.UnsafeRegister(static state => ((HandlerTimer)state!).Stop(), this);
    }

    /// <summary>The token to pass to the handlers.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>The handlers' transaction, which is terminated if one of them is abandoned.</summary>
    public IInboxTransaction? Transaction { get; set; }

    /// <summary>Whether further handlers need another timer.</summary>
    public bool IsSpent => source.IsCancellationRequested;

    /// <summary>Completes when a handler is abandoned.</summary>
    public Task Abandoned => abandoned.Task;

    /// <summary>The exception for the abandoned handler.</summary>
    public HandlerTimeoutException Failure => new(handler, limit, hasStopped: false);

    private TimeSpan Grace => limit < MaxGrace ? limit : MaxGrace;

    /// <summary>Starts the timer for a handler.</summary>
    public void Begin(string name, TimeSpan time)
    {
        lock (gate)
        {
            (handler, limit, isRunning) = (name, time, true);
            SetDeadline(isStopping ? Grace : limit);
        }
    }

    /// <summary>Stops the timer when a handler has ended, with or without an exception.</summary>
    /// <exception cref="HandlerTimeoutException">It exceeded its time limit.</exception>
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

    /// <summary>Setting the timer for each handler would cost more than everything else. If it fires before the deadline, it is set again.</summary>
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

                // Not awaited, because callbacks registered with the token by handlers may throw or never return.
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
