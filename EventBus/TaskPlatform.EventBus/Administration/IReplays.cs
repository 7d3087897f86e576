namespace TaskPlatform.EventBus;

/// <summary>
/// Delivers past events to one group again. What the stream still has is copied from there; what it has lost comes from the log
/// of the service that published it, which answers to a request that is left for it in Redis.
/// </summary>
public interface IReplays
{
    /// <summary>
    /// Adds a copy of each entry of a part of the stream to the stream's end, for one group alone. Copies of before are not copied.
    /// </summary>
    Task<ReplayProgress> CopyAsync(Replay replay, int limit, CancellationToken cancellationToken);

    /// <summary>Asks the owning service for what came before an entry, unless it was asked already, and says how far it is.</summary>
    Task<LogReplayProgress> RequestAsync(LogReplay request, CancellationToken cancellationToken);

    /// <summary>Takes back what was asked for, or clears away what was answered.</summary>
    Task WithdrawAsync(string replayId, CancellationToken cancellationToken);

    /// <summary>What a service was asked for and has not answered to the end.</summary>
    Task<IReadOnlyList<(LogReplay Request, LogReplayProgress Progress)>> FindOpenAsync(string service, CancellationToken cancellationToken);

    /// <summary>Adds the next events of a service's log, and notes how far it got, in one.</summary>
    /// <param name="request">What it answers.</param>
    /// <param name="before">How far it was.</param>
    /// <param name="events">The events, in log order.</param>
    /// <param name="cursor">The last row of the log that was looked at.</param>
    /// <param name="done">Whether that is all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>False where the request was withdrawn, or somebody else got further meanwhile: then nothing was done.</returns>
    Task<bool> AppendAsync(
        LogReplay request, LogReplayProgress before, IReadOnlyList<OutgoingEvent> events, long cursor, bool done,
        CancellationToken cancellationToken);
}

/// <summary>Past events for a group.</summary>
/// <param name="ReplayId">Travels in each copy.</param>
/// <param name="Type">The event type.</param>
/// <param name="Group">The group.</param>
/// <param name="After">The entry behind which it begins.</param>
/// <param name="UpTo">The last entry it is meant for.</param>
/// <param name="ReapplyEffects">
/// Whether effects are to happen again: then a copy is an event of its own, whose id is derived from the replay and the event.
/// Else it keeps the event's id, and an inbox that has seen it holds the effects back.
/// </param>
public sealed record Replay(string ReplayId, string Type, string Group, string After, string UpTo, bool ReapplyEffects);

/// <summary>How far a copying got.</summary>
/// <param name="Next">The last entry looked at; null at the end.</param>
/// <param name="Copied">How many copies this part made.</param>
/// <param name="Gap">
/// The last entry that is wanted from before the stream's first; nothing was copied, as the log is to be asked for those. Null where there is no gap.
/// </param>
public sealed record ReplayProgress(string? Next, int Copied, string? Gap);

/// <summary>A request to the service that published events, for those between two entries.</summary>
/// <param name="Service">The owning service's log.</param>
/// <param name="Replay">What is wanted.</param>
/// <param name="Rate">Events a second; null: as fast as it goes.</param>
/// <param name="Cutoff">
/// The last entry of the whole replay. An event that happened within <paramref name="Replay"/> belongs to it too where its entry lies beyond
/// the cutoff: Redis had lost it, and it was published again. Null: only the entries' ids count.
/// </param>
public sealed record LogReplay(string Service, Replay Replay, int? Rate, string? Cutoff = null);

/// <summary>How far a service's answer is.</summary>
/// <param name="Cursor">The last row of its log that it looked at.</param>
/// <param name="Added">How many events it has added.</param>
/// <param name="Done">Whether that is all.</param>
public sealed record LogReplayProgress(long Cursor, long Added, bool Done);
