namespace TaskPlatform.EventBus;

/// <summary>
/// The dead letter queue, for operators. Every change is atomic per dead letter and idempotent.
/// Every method throws <see cref="EventTransportUnavailableException"/> if the queue is unavailable.
/// </summary>
public interface IDeadLetterQueue
{
    /// <summary>Whether a text has the form of a dead letter's id, without a call. The other methods accept only those.</summary>
    bool IsId(string text);

    /// <summary>Lists dead letters, newest first.</summary>
    /// <param name="filter">The dead letters to list.</param>
    /// <param name="limit">The maximum number of dead letters.</param>
    /// <param name="after">The <see cref="DeadLetterPage.Next"/> of the previous page; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<DeadLetterPage> ListAsync(DeadLetterFilter filter, int limit, string? after, CancellationToken cancellationToken);

    /// <summary>Counts dead letters by type, group and exception, most frequent first.</summary>
    Task<IReadOnlyList<DeadLetterGroup>> GroupAsync(DeadLetterFilter filter, CancellationToken cancellationToken);

    /// <summary>The number of all dead letters, in constant time.</summary>
    Task<long> CountAllAsync(CancellationToken cancellationToken);

    /// <summary>Counts dead letters up to and including the given id.</summary>
    Task<long> CountAsync(DeadLetterFilter filter, string upTo, CancellationToken cancellationToken);

    /// <summary>Returns a dead letter, or null if there is none with this id.</summary>
    Task<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The id of the newest dead letter; null if the queue is empty.</summary>
    Task<string?> FindNewestAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reprocesses dead letters for the groups in which they failed: each is added to its stream as a first delivery with the same event id,
    /// targeted at that group only, and removed from the queue.
    /// </summary>
    /// <returns>The result for each dead letter, in the order of <paramref name="ids"/>.</returns>
    Task<IReadOnlyList<ReprocessResult>> ReprocessAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Has the groups skip dead letters: an entry is added for each, as in <see cref="ReprocessAsync"/>, which its group records as handled without calling a handler. The
    /// events of an ordered group that waited for it follow.
    /// </summary>
    /// <returns>The result for each dead letter, in the order of <paramref name="ids"/>.</returns>
    Task<IReadOnlyList<ReprocessResult>> SkipAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Deletes dead letters permanently.</summary>
    /// <returns>Whether each one existed, in the order of <paramref name="ids"/>.</returns>
    Task<IReadOnlyList<bool>> DeleteAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Processes the next page of a bulk job, starting at the oldest dead letter.</summary>
    Task<SweepProgress> SweepAsync(DeadLetterSweep sweep, CancellationToken cancellationToken);
}

/// <summary>The result of reprocessing a dead letter.</summary>
/// <param name="Id">The id of the dead letter.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="EntryId">The id of the new entry, if one was added.</param>
public sealed record ReprocessResult(string Id, ReprocessOutcome Outcome, string? EntryId);

/// <summary>The possible outcomes of reprocessing a dead letter.</summary>
public enum ReprocessOutcome
{
    /// <summary>It was added to its stream again.</summary>
    Reprocessed,

    /// <summary>The dead letter does not exist: it was reprocessed or deleted before. Nothing was changed.</summary>
    Gone,

    /// <summary>It has no valid stream, or one whose ids are exhausted. Nothing was changed.</summary>
    NoStream,

    /// <summary>Its group does not exist, so that no consumer would read it. Nothing was changed.</summary>
    NoGroup,
}

/// <summary>A bulk job on the dead letter queue, and its position.</summary>
/// <param name="Action">The action for each dead letter.</param>
/// <param name="Filter">The dead letters to process.</param>
/// <param name="Cutoff">The last dead letter to process; later ones are skipped.</param>
/// <param name="After">The last dead letter that was processed; null at the beginning.</param>
/// <param name="Counter">
/// The name of a counter of processed dead letters. It is updated atomically with each change, so that it is correct even if the caller dies.
/// </param>
/// <param name="Limit">The maximum number of dead letters to process in one call.</param>
public sealed record DeadLetterSweep(SweepAction Action, DeadLetterFilter Filter, string Cutoff, string? After, string Counter, int Limit);

/// <summary>The action of a bulk job.</summary>
public enum SweepAction
{
    /// <summary>Reprocesses the dead letter.</summary>
    Reprocess,

    /// <summary>Deletes the dead letter.</summary>
    Delete,
}

/// <summary>The progress of a bulk job.</summary>
/// <param name="Next">The <see cref="DeadLetterSweep.After"/> of the next call; null at the end.</param>
/// <param name="Handled">The number of dead letters that this call reprocessed or deleted.</param>
/// <param name="Refused">The number of dead letters that this call could not reprocess; they stay in the queue.</param>
/// <param name="Total">The current value of the counter.</param>
public sealed record SweepProgress(string? Next, int Handled, int Refused, long Total);
