namespace TaskPlatform.EventBus;

/// <summary>
/// The dead letter queue, for those who run the platform. Every change is atomic for each dead letter, and repeating it changes
/// nothing. Every method throws <see cref="EventTransportUnavailableException"/> while the queue can't be reached.
/// </summary>
public interface IDeadLetterQueue
{
    /// <summary>Lists dead letters, the newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="after">The <see cref="DeadLetterPage.Next"/> of the page before; null for the first.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    Task<DeadLetterPage> ListAsync(DeadLetterFilter filter, int limit, string? after, CancellationToken cancellationToken);

    /// <summary>Counts dead letters by type, group and exception, the most frequent first.</summary>
    Task<IReadOnlyList<DeadLetterGroup>> GroupAsync(DeadLetterFilter filter, CancellationToken cancellationToken);

    /// <summary>How many dead letters there are, at once.</summary>
    Task<long> CountAllAsync(CancellationToken cancellationToken);

    /// <summary>Counts dead letters up to and with the one of an id.</summary>
    Task<long> CountAsync(DeadLetterFilter filter, string upTo, CancellationToken cancellationToken);

    /// <summary>One dead letter, or null where there is none of this id.</summary>
    Task<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The id of the newest dead letter; null where there is none.</summary>
    Task<string?> FindNewestAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Gives dead letters back to the groups that gave up on them: each becomes a first delivery at the end of its stream, under
    /// the same event id, for that group alone, and leaves the queue.
    /// </summary>
    /// <returns>What became of each, in the order of <paramref name="ids"/>.</returns>
    Task<IReadOnlyList<ReprocessResult>> ReprocessAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Deletes dead letters for good.</summary>
    /// <returns>Whether each was there, in the order of <paramref name="ids"/>.</returns>
    Task<IReadOnlyList<bool>> DeleteAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Does the next part of a bulk work, from the oldest dead letter on.</summary>
    Task<SweepProgress> SweepAsync(DeadLetterSweep sweep, CancellationToken cancellationToken);
}

/// <summary>What became of a dead letter that was to be reprocessed.</summary>
/// <param name="Id">The dead letter.</param>
/// <param name="Outcome">What was done.</param>
/// <param name="EntryId">The entry it became, where it became one.</param>
public sealed record ReprocessResult(string Id, ReprocessOutcome Outcome, string? EntryId);

/// <summary>What can become of a dead letter that is to be reprocessed.</summary>
public enum ReprocessOutcome
{
    /// <summary>It is in its stream again.</summary>
    Reprocessed,

    /// <summary>There is no such dead letter: it was reprocessed or deleted before. Nothing was done.</summary>
    Gone,

    /// <summary>It names no stream of events, or one that has used up its ids. Nothing was done.</summary>
    NoStream,

    /// <summary>Its group is not there, so nobody would read it. Nothing was done.</summary>
    NoGroup,
}

/// <summary>A bulk work on the dead letter queue, and how far it got.</summary>
/// <param name="Action">What is done to each dead letter.</param>
/// <param name="Filter">Which dead letters.</param>
/// <param name="Cutoff">The last dead letter that is meant: what comes later is left alone.</param>
/// <param name="After">The last dead letter that was looked at, or found; null at the beginning.</param>
/// <param name="Counter">
/// A name under which the dead letters done are counted, together with each change, so that the count holds even if the caller dies.
/// </param>
/// <param name="Limit">How many dead letters to look at, at the most.</param>
public sealed record DeadLetterSweep(SweepAction Action, DeadLetterFilter Filter, string Cutoff, string? After, string Counter, int Limit);

/// <summary>What a bulk work does to each dead letter.</summary>
public enum SweepAction
{
    /// <summary>Gives it back to its group.</summary>
    Reprocess,

    /// <summary>Deletes it.</summary>
    Delete,
}

/// <summary>How far a bulk work got.</summary>
/// <param name="Next">The <see cref="DeadLetterSweep.After"/> of the next part; null at the end.</param>
/// <param name="Handled">How many dead letters this part did something to.</param>
/// <param name="Refused">How many of this part could not be reprocessed; they stay.</param>
/// <param name="Total">How many were done under the counter's name so far.</param>
public sealed record SweepProgress(string? Next, int Handled, int Refused, long Total);
