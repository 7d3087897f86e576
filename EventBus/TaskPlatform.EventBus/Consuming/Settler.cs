using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Settles events with the transport according to their outcomes. Repeats that while the transport is unavailable.</summary>
internal sealed partial class Settler(
    ConsumerGroup group, IReceiver receiver, KeyedQueue queue, BusHealth health, TimeProvider clock, ILogger logger)
{
    private readonly ConcurrentQueue<Decision> refused = new();
    private readonly HandledContents contents = new();
    private readonly string role = $"{group.Name} settling";

    /// <summary>Settles decided events. Those refused by the transport stay held until <see cref="SettleRefusedAsync"/>.</summary>
    public async Task SettleAsync(List<Decision> decisions, CancellationToken cancellationToken)
    {
        var open = decisions;
        for (var backOff = new BackOff(clock); open.Count > 0;)
        {
            var start = clock.GetUtcNow();
            var results = await receiver.SettleAsync(open.ConvertAll(ToSettlement), cancellationToken);
            Report(results);
            open = Apply(open, results, start, clock.GetUtcNow());
            if (results.Any(result => result.Status == SettleStatus.Unavailable))
                await backOff.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Repeats the settlements that the transport refused, because the cause may have been fixed.</summary>
    public async Task SettleRefusedAsync(CancellationToken cancellationToken)
    {
        var again = new List<Decision>();
        while (refused.TryDequeue(out var decision))
            again.Add(decision);
        await SettleAsync(again, cancellationToken);
    }

    private Settlement ToSettlement(Decision decision)
    {
        var (delivery, outcome) = (decision.Delivery, decision.Outcome);
        var kind = outcome.Kind switch
        {
            OutcomeKind.Handled or OutcomeKind.Skipped or OutcomeKind.Parked => SettlementKind.Complete,
            OutcomeKind.ForAnotherGroup => SettlementKind.Decline,
            OutcomeKind.Retry => SettlementKind.Retry,
            _ => SettlementKind.DeadLetter,
        };
        return new Settlement(delivery.Position, kind, delivery.TargetGroup)
        {
            RetryAfter = outcome.RetryAfter,
            DeadLetter = kind == SettlementKind.DeadLetter ? outcome.ToDeadLetter(delivery, group.Name) : null,
        };
    }

    /// <summary>Logs the first failure of an incident, and its end.</summary>
    private void Report(IReadOnlyList<SettleResult> results)
    {
        var failed = results.FirstOrDefault(result => result.Error is not null);
        if (failed.Error is not { } error)
        {
            if (health.Recovered(role))
                LogSettling(group.Name);
        }
        else if (health.Blocked(role, error.Message))
        {
            if (failed.Status == SettleStatus.Refused)
                LogRefused(group.Name, error);
            else
                LogUnavailable(group.Name, error.Message);
        }
    }

    /// <returns>What to settle again immediately.</returns>
    private List<Decision> Apply(List<Decision> decisions, IReadOnlyList<SettleResult> results, DateTimeOffset start, DateTimeOffset end)
    {
        var again = new List<Decision>();
        var settled = new List<Delivery>(decisions.Count);
        for (var i = 0; i < results.Count; i++)
        {
            var (decision, delivery) = (decisions[i], decisions[i].Delivery);
            switch (results[i].Status)
            {
                case SettleStatus.Unavailable:
                    again.Add(decision);
                    break;
                case SettleStatus.Refused:
                    refused.Enqueue(decision);
                    break;
                case SettleStatus.UnknownGroup:
                    var error = new InvalidOperationException($"{delivery.Stream} has no group '{delivery.TargetGroup}'.");
                    again.Add(decision with { Outcome = Outcome.DeadLetter(DeadLetterReason.UnknownGroup, error) });
                    break;
                default:
                    settled.Add(delivery);
                    break;
            }
        }

        queue.Remove(CollectionsMarshal.AsSpan(settled));
        var (stream, tags) = ("", default(TagList));
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].Status is not (SettleStatus.Settled or SettleStatus.NotOwned))
                continue;
            if (decisions[i].Delivery.Stream != stream)
                (stream, tags) = (decisions[i].Delivery.Stream, EventBusTelemetry.OwnTags(decisions[i].Delivery.Stream, group.Name));
            Record(decisions[i], isOwned: results[i].Status == SettleStatus.Settled, tags, start, end);
        }

        return again;
    }

    /// <summary>Traces, counts and logs a settlement.</summary>
    private void Record(in Decision decision, bool isOwned, in TagList tags, DateTimeOffset start, DateTimeOffset end)
    {
        var (delivery, outcome) = (decision.Delivery, decision.Outcome);
        switch (outcome.Kind)
        {
            case OutcomeKind.Handled:
                EventSpans.Settled(decision, "ack", group, start, end);
                contents.Remember(delivery);
                EventBusTelemetry.EndToEndDuration.Record((end - delivery.Envelope!.Timestamp).TotalSeconds, tags);
                break;
            case OutcomeKind.Skipped:
                EventSpans.Settled(decision, "ack", group, start, end);
                EventBusTelemetry.InboxDuplicates.Add(1, tags);
                if (contents.Contradicts(delivery))
                {
                    EventBusTelemetry.ReusedIds.Add(1, tags);
                    LogReusedId(group.Name, delivery.EntryId, delivery.Stream, delivery.EventId);
                }

                break;
            case OutcomeKind.Parked:
                EventSpans.Settled(decision, "park", group, start, end);
                EventBusTelemetry.Parked.Add(1, tags);
                break;
            case OutcomeKind.Retry:
                EventSpans.Settled(decision, "retry", group, start, end);
                if (!isOwned)
                    break;
                EventBusTelemetry.Retries.Add(1, tags);
                LogRetry(group.Name, delivery.EventId, delivery.Stream, delivery.Attempt + 1, outcome.Error);
                break;
            case OutcomeKind.DeadLetter:
                EventSpans.Settled(decision, "dead_letter", group, start, end);
                if (!isOwned)
                    break;
                EventBusTelemetry.DeadLetters.Add(1, EventBusTelemetry.OwnTags(delivery.Stream, group.Name, outcome.Reason));
                LogDeadLetter(group.Name, delivery.EventId, delivery.Stream, outcome.Reason, outcome.Error);
                break;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Group} skipped entry {EntryId} of {Stream}: it has handled event {EventId} before, with different content. A publisher reused the id.")]
    private partial void LogReusedId(string group, string entryId, string stream, Guid eventId);

    [LoggerMessage(LogLevel.Warning, "{Group} failed to handle event {EventId} of {Stream}; attempt {Attempt} follows.")]
    private partial void LogRetry(string group, Guid eventId, string stream, int attempt, Exception? exception);

    [LoggerMessage(LogLevel.Error, "{Group} moved event {EventId} of {Stream} to the dead letter queue ({Reason}).")]
    private partial void LogDeadLetter(string group, Guid eventId, string stream, string? reason, Exception? exception);

    [LoggerMessage(LogLevel.Error, "{Group} can't settle events, because the transport refuses it; settling is retried.")]
    private partial void LogRefused(string group, Exception exception);

    [LoggerMessage(LogLevel.Warning, "{Group} can't settle events until the transport is available: {Error}")]
    private partial void LogUnavailable(string group, string error);

    [LoggerMessage(LogLevel.Information, "{Group} can settle events again.")]
    private partial void LogSettling(string group);
}
