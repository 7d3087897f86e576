namespace TaskPlatform.EventBus;

/// <summary>Records that an event was handled.</summary>
/// <param name="Consumer">The consumer group; <c>group/handler</c> where several of its handlers handle the event.</param>
/// <param name="EventId">The event.</param>
public readonly record struct InboxKey(string Consumer, Guid EventId);

/// <summary>The record of the events that a consumer group has handled, in the same store as their effects.</summary>
public interface IInbox
{
    /// <summary>Begins a transaction for the handlers of one or more events, and queries which of the events were handled before.</summary>
    /// <param name="scope">The transaction's DI scope, which provides the unit of work of the handlers of a batch.</param>
    /// <param name="keys">The rows to look up, without duplicates.</param>
    /// <param name="sequences">The sequences to look up, without duplicates; none for a group that is not ordered.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, IReadOnlyList<InboxKey> keys, IReadOnlyList<SequenceKey> sequences, CancellationToken cancellationToken);

    /// <summary>The parked events of ordered groups, in the same store; null if it can't park any.</summary>
    IParkedEvents? Parked => null;

    /// <summary>What an exception says about the store.</summary>
    StoreFailure Classify(Exception exception);

    /// <summary>Commits a test write; throws if the store refuses it.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>What an exception says about the store.</summary>
public enum StoreFailure
{
    /// <summary>Not a failure of the store, but of the handler.</summary>
    None,

    /// <summary>Another transaction changed the same rows. An immediate retry may succeed.</summary>
    Conflict,

    /// <summary>The store is unreachable or temporarily refuses the operation. A later retry may succeed.</summary>
    Unavailable,

    /// <summary>A connection to the store was lost. A later retry may succeed, unless the handler itself breaks the connection.</summary>
    ConnectionLost,

    /// <summary>The store can never accept the value. A retry would fail again.</summary>
    Permanent,
}

/// <summary>A transaction of inbox rows and effects; disposing it without a commit rolls it back.</summary>
public interface IInboxTransaction : IAsyncDisposable
{
    /// <summary>The rows that exist, of those looked up.</summary>
    IReadOnlySet<InboxKey> Handled { get; }

    /// <summary>The heads of the sequences that exist, of those looked up.</summary>
    IReadOnlyDictionary<SequenceKey, SequenceHead> Blocked { get; }

    /// <summary>Parks events behind the heads of their sequences, as part of the transaction.</summary>
    /// <returns>The parked events, whether by this call or before. The others are not, because their sequences have ended meanwhile.</returns>
    Task<IReadOnlySet<Guid>> ParkAsync(IReadOnlyList<ParkedEvent> events, CancellationToken cancellationToken);

    /// <summary>
    /// Joins another scope's unit of work to the transaction, under a savepoint, for one event that can fail without
    /// affecting the others. Only one savepoint can be open at a time.
    /// </summary>
    Task<IInboxSavepoint> JoinAsync(IServiceProvider scope, CancellationToken cancellationToken);

    /// <summary>Writes the inbox rows and all changes of the transaction's own scope, and commits.</summary>
    /// <param name="keys">The rows of what was handled in that scope, without those of joined scopes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>False, without any write, if another consumer has handled one of them meanwhile.</returns>
    Task<bool> CommitAsync(IReadOnlyList<InboxKey> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the store roll the transaction back while a handler may still be using its connection. The connection is not touched, and the
    /// transaction is disposed as usual when the handler has ended.
    /// </summary>
    Task TerminateAsync(CancellationToken cancellationToken);
}

/// <summary>One event's part of a transaction; disposing it without a save rolls that part back.</summary>
public interface IInboxSavepoint : IAsyncDisposable
{
    /// <summary>Writes the inbox row and all changes of the handler.</summary>
    /// <returns>False, without any write, if another consumer has handled the event meanwhile.</returns>
    Task<bool> SaveAsync(InboxKey key, CancellationToken cancellationToken);
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
