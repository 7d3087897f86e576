using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Waits for attempts to handle events, but abandons an attempt whose handler neither finishes in time nor stops.</summary>
/// <remarks>
/// An abandoned attempt keeps its scope and its connection and disposes them when its handler ends, because neither is thread-safe.
/// Its transaction is terminated in the database immediately, so that it can't be committed and holds no locks.
/// </remarks>
internal sealed partial class HandlerWatch(string group, ILogger logger, CancellationToken cancellationToken) : IDisposable
{
    private HandlerTimer? timer;

    /// <summary>Runs an attempt.</summary>
    /// <param name="attempt">Calls handlers, each between <see cref="HandlerTimer.Begin"/> and <see cref="HandlerTimer.End"/>.</param>
    /// <exception cref="HandlerTimeoutException">A handler exceeded its time limit.</exception>
    public async Task RunAsync(Func<HandlerTimer, Task> attempt)
    {
        var current = timer ??= new HandlerTimer(cancellationToken);
        var running = attempt(current);
        if (!running.IsCompleted)
            await Task.WhenAny(running, current.Abandoned);

        if (current.Abandoned.IsCompleted)
        {
            timer = null;
            _ = CleanUpAsync(running, current);
            await TerminateAsync(current.Transaction);
            cancellationToken.ThrowIfCancellationRequested();
            throw current.Failure;
        }

        current.Transaction = null;
        if (current.IsSpent)
        {
            timer = null;
            current.Dispose();
        }

        await running;
    }

    public void Dispose() => timer?.Dispose();

    private async Task TerminateAsync(IInboxTransaction? transaction)
    {
        LogAbandoned(group);
        try
        {
            await (transaction?.TerminateAsync(CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (Exception e)
        {
            LogNotTerminated(group, e.Message); // It keeps its locks until the handler ends or the database closes the idle session.
        }
    }

    /// <summary>Completes when the handler ends.</summary>
    private async Task CleanUpAsync(Task attempt, HandlerTimer usedTimer)
    {
        try
        {
            await attempt;
        }
        catch (Exception e)
        {
            LogEnded(group, e.Message);
        }

        usedTimer.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "A handler of {Group} neither finished within its time limit nor stopped when its token was cancelled. "
        + "Its event has failed; it keeps a connection until it ends.")]
    private partial void LogAbandoned(string group);

    [LoggerMessage(LogLevel.Warning, "The transaction of an abandoned handler of {Group} could not be terminated: {Error}")]
    private partial void LogNotTerminated(string group, string error);

    [LoggerMessage(LogLevel.Information, "An abandoned handler of {Group} has ended; none of its changes were committed: {Error}")]
    private partial void LogEnded(string group, string error);
}
