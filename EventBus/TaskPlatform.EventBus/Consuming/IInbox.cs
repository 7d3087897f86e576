namespace TaskPlatform.EventBus;

/// <summary>What a consumer group has handled, kept where its effects are kept.</summary>
public interface IInbox
{
    /// <summary>Opens a transaction for the handlers of one or more events, and finds out which of the events are done already.</summary>
    /// <param name="scope">The transaction's DI scope; the handlers of a batch get their unit of work from it.</param>
    /// <param name="group">The consumer group.</param>
    /// <param name="eventIds">The events, each once.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken);

    /// <summary>What an exception says about the store.</summary>
    StoreFailure Classify(Exception exception);

    /// <summary>Commits a write of its own; throws while the store refuses it.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>What an exception says about the store.</summary>
public enum StoreFailure
{
    /// <summary>Nothing: it is the handler's own.</summary>
    None,

    /// <summary>Another transaction changed the same rows. Running again at once may succeed.</summary>
    Conflict,

    /// <summary>The store can't be reached, or refuses for now. Trying later may succeed.</summary>
    Unavailable,

    /// <summary>A connection to the store was lost. Trying later may succeed, unless the handler itself breaks it.</summary>
    ConnectionLost,

    /// <summary>It can never hold what it was given, whatever else it holds. Running again would fail again.</summary>
    Permanent,
}

/// <summary>One transaction of inbox rows and effects; disposing it without a commit rolls it back.</summary>
public interface IInboxTransaction : IAsyncDisposable
{
    /// <summary>The events that were handled before.</summary>
    IReadOnlySet<Guid> Handled { get; }

    /// <summary>
    /// Has the unit of work of another scope take part in the transaction, under a savepoint: one event, which can fail without the
    /// others. One at a time.
    /// </summary>
    Task<IInboxSavepoint> JoinAsync(IServiceProvider scope, CancellationToken cancellationToken);

    /// <summary>Writes the inbox rows and everything that was changed in the transaction's own scope, and commits.</summary>
    /// <param name="eventIds">The events that were handled in that scope; not those that have joined.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>False where another consumer handled one of them meanwhile: then nothing was written.</returns>
    Task<bool> CommitAsync(IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken);

    /// <summary>
    /// Has the store roll it back while a handler may still be using its connection, which is left alone: the transaction is disposed as
    /// usual, once the handler has ended.
    /// </summary>
    Task TerminateAsync(CancellationToken cancellationToken);
}

/// <summary>One event's part of a transaction; disposing it without a save rolls that part back.</summary>
public interface IInboxSavepoint : IAsyncDisposable
{
    /// <summary>Writes the inbox row and everything that the handler changed.</summary>
    /// <returns>False where another consumer handled the event meanwhile: then nothing was written.</returns>
    Task<bool> SaveAsync(Guid eventId, CancellationToken cancellationToken);
}

internal static class InboxStore
{
    /// <summary>Whether the store accepts a write.</summary>
    public static async Task<bool> AcceptsWritesAsync(this IInbox inbox, CancellationToken cancellationToken)
    {
        try
        {
            await inbox.ProbeAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
