namespace TaskPlatform.EventBus;

/// <summary>
/// Delivers past events to one group again. Events that are still in the stream are copied; older ones come from the event log of the service
/// that published them, which serves a request stored in the transport. Positions are entry ids, which only the transport interprets.
/// </summary>
public interface IReplays
{
    /// <summary>The positions of a range of times in a stream, without a call.</summary>
    /// <param name="stream">The stream as it is now.</param>
    /// <param name="from">The first time; null for the beginning.</param>
    /// <param name="to">The exclusive last time; null for now.</param>
    ReplayRange RangeOf(StreamDescription stream, DateTimeOffset? from, DateTimeOffset? to);

    /// <summary>
    /// Appends copies of a range of the stream's entries to the stream, targeted at one group. Copies made by earlier replays are skipped.
    /// </summary>
    Task<ReplayProgress> CopyAsync(Replay replay, int limit, CancellationToken cancellationToken);

    /// <summary>Requests earlier events from the owning service, unless already requested, and returns the progress.</summary>
    Task<LogReplayProgress> RequestAsync(LogReplay request, CancellationToken cancellationToken);

    /// <summary>Withdraws the requests of a replay, or removes completed ones.</summary>
    Task WithdrawAsync(string replayId, CancellationToken cancellationToken);

    /// <summary>The requests that a service has not completed.</summary>
    Task<IReadOnlyList<(LogReplay Request, LogReplayProgress Progress)>> FindOpenAsync(string service, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a published event of the log is in the range of a request, without a call: its entry is in it, or the entry is after the cutoff and
    /// the event occurred within the range.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="entryId">The event's entry.</param>
    /// <param name="occurredAt">When the event occurred.</param>
    bool Includes(LogReplay request, string entryId, DateTimeOffset occurredAt);

    /// <summary>Appends the next events of a service's log and stores the progress, atomically.</summary>
    /// <param name="request">The request.</param>
    /// <param name="before">The progress before this call.</param>
    /// <param name="events">The events, in log order.</param>
    /// <param name="cursor">The last row of the log that was scanned.</param>
    /// <param name="done">Whether these are the last events.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>False, without any change, if the request was withdrawn or the stored progress differs.</returns>
    Task<bool> AppendAsync(
        LogReplay request, LogReplayProgress before, IReadOnlyList<OutgoingEvent> events, long cursor, bool done,
        CancellationToken cancellationToken);
}

/// <summary>A range of past events to deliver to a group.</summary>
/// <param name="ReplayId">Identifies the replay; included in each copy.</param>
/// <param name="Type">The short name of the channel: an event type, or a partition such as <c>task:3</c>.</param>
/// <param name="Group">The group.</param>
/// <param name="After">The exclusive start of the range.</param>
/// <param name="UpTo">The inclusive end of the range.</param>
/// <param name="ReapplyEffects">
/// Whether to repeat the effects. If so, each copy gets an event id derived from the replay and the event.
/// Otherwise it keeps the event's id, so that the inbox skips events that were handled before.
/// </param>
public sealed record Replay(string ReplayId, string Type, string Group, string After, string UpTo, bool ReapplyEffects);

/// <summary>The positions of a range of events.</summary>
/// <param name="After">The exclusive start.</param>
/// <param name="UpTo">The inclusive end.</param>
public sealed record ReplayRange(string After, string UpTo);

/// <summary>The progress of copying.</summary>
/// <param name="Next">The last entry that was scanned; null at the end.</param>
/// <param name="Copied">The number of copies added by this call.</param>
/// <param name="Gap">
/// The last requested entry that precedes the stream's first entry; nothing was copied, because these events have to come from the log.
/// Null if there is no gap.
/// </param>
public sealed record ReplayProgress(string? Next, int Copied, string? Gap);

/// <summary>A request to a service to replay events from its log.</summary>
/// <param name="Service">The name of the service's log.</param>
/// <param name="Replay">The requested events.</param>
/// <param name="Rate">The maximum number of events per second; null for no limit.</param>
/// <param name="Cutoff">
/// The last entry of the whole replay. An event whose entry is after the cutoff is still included if it occurred within
/// <paramref name="Replay"/>: the transport had lost it, and it was published again. Null: only entry ids count.
/// </param>
public sealed record LogReplay(string Service, Replay Replay, int? Rate, string? Cutoff = null);

/// <summary>The progress of a replay from a log.</summary>
/// <param name="Cursor">The last row of the log that was scanned.</param>
/// <param name="Added">The number of events added so far.</param>
/// <param name="Done">Whether all events have been added.</param>
public sealed record LogReplayProgress(long Cursor, long Added, bool Done);
