using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Waits for attempts to handle events, but for none whose handler neither finishes in time nor stops.</summary>
/// <remarks>
/// An abandoned attempt keeps its scope and its connection and releases them itself once its handler ends, so that neither is used by two.
/// Its transaction is ended in the database at once: it can't be committed and holds no locks.
/// </remarks>
internal sealed partial class HandlerWatch(string group, ILogger logger, CancellationToken cancellationToken) : IDisposable
{
    private HandlerTimer? timer;

    /// <summary>Makes an attempt.</summary>
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
            await EndAsync(current.Transaction);
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

    private async Task EndAsync(IInboxTransaction? transaction)
    {
        LogAbandoned(group);
        try
        {
            await (transaction?.TerminateAsync(CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (Exception e)
        {
            LogNotEnded(group, e.Message); // It holds its locks until the handler ends or the database closes the idle session.
        }
    }

    /// <summary>Ends whenever the handler does.</summary>
    private async Task CleanUpAsync(Task attempt, HandlerTimer spent)
    {
        try
        {
            await attempt;
        }
        catch (Exception e)
        {
            LogEnded(group, e.Message);
        }

        spent.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "A handler of {Group} neither finished within its time limit nor stopped when its token was cancelled. "
        + "Its event has failed; it keeps a connection until it ends.")]
    private partial void LogAbandoned(string group);

    [LoggerMessage(LogLevel.Warning, "The transaction of an abandoned handler of {Group} could not be ended: {Error}")]
    private partial void LogNotEnded(string group, string error);

    [LoggerMessage(LogLevel.Information, "An abandoned handler of {Group} has ended. Nothing of it was committed: {Error}")]
    private partial void LogEnded(string group, string error);
}
