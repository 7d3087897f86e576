using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Settles deliveries with the transport according to their outcomes. Repeats that while the transport is unavailable.</summary>
internal sealed partial class Settler(
    ConsumerGroup group, IReceiver receiver, KeyedQueue queue, BusHealth health, TimeProvider clock, ILogger logger)
{
    private readonly ConcurrentQueue<Delivery> refused = new();
    private readonly HandledContents contents = new();
    private readonly string role = $"{group.Name} settling";

    /// <summary>Settles all decided deliveries. Those refused by the transport stay held until <see cref="SettleRefusedAsync"/>.</summary>
    public async Task SettleAsync(IReadOnlyList<Delivery> batch, CancellationToken cancellationToken)
    {
        var open = batch.Where(delivery => delivery.Outcome != Outcome.Open).ToList();
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
        var again = new List<Delivery>();
        while (refused.TryDequeue(out var delivery))
            again.Add(delivery);
        await SettleAsync(again, cancellationToken);
    }

    private Settlement ToSettlement(Delivery delivery)
    {
        var kind = delivery.Outcome switch
        {
            Outcome.Handled or Outcome.Skipped => SettlementKind.Complete,
            Outcome.ForAnotherGroup => SettlementKind.Decline,
            Outcome.Failed => SettlementKind.Retry,
            _ => SettlementKind.DeadLetter,
        };
        return new Settlement(delivery.Position, kind, delivery.TargetGroup)
        {
            RetryAfter = delivery.RetryAfter,
            DeadLetter = kind == SettlementKind.DeadLetter ? delivery.ToDeadLetter(group.Name) : null,
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

    /// <returns>The deliveries to settle again immediately.</returns>
    private List<Delivery> Apply(List<Delivery> deliveries, IReadOnlyList<SettleResult> results, DateTimeOffset start, DateTimeOffset end)
    {
        var again = new List<Delivery>();
        var settled = new List<Delivery>(deliveries.Count);
        for (var i = 0; i < results.Count; i++)
        {
            var delivery = deliveries[i];
            switch (results[i].Status)
            {
                case SettleStatus.Unavailable:
                    again.Add(delivery);
                    break;
                case SettleStatus.Refused:
                    refused.Enqueue(delivery);
                    break;
                case SettleStatus.UnknownGroup:
                    delivery.MarkDeadLettered(DeadLetterReason.UnknownGroup, new InvalidOperationException($"{delivery.Stream} has no group '{delivery.TargetGroup}'."));
                    again.Add(delivery);
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
            if (deliveries[i].Stream != stream)
                (stream, tags) = (deliveries[i].Stream, EventBusTelemetry.OwnTags(deliveries[i].Stream, group.Name));
            Record(deliveries[i], isOwned: results[i].Status == SettleStatus.Settled, tags, start, end);
        }

        return again;
    }

    /// <summary>Traces, counts and logs a settlement.</summary>
    private void Record(Delivery delivery, bool isOwned, in TagList tags, DateTimeOffset start, DateTimeOffset end)
    {
        switch (delivery.Outcome)
        {
            case Outcome.Handled:
                EventSpans.Settled(delivery, "ack", group, start, end);
                contents.Remember(delivery);
                EventBusTelemetry.EndToEndDuration.Record((end - delivery.Envelope!.Timestamp).TotalSeconds, tags);
                break;
            case Outcome.Skipped:
                EventSpans.Settled(delivery, "ack", group, start, end);
                if (contents.Contradicts(delivery))
                {
                    EventBusTelemetry.ReusedIds.Add(1, tags);
                    LogReusedId(group.Name, delivery.EntryId, delivery.Stream, delivery.EventId);
                }

                break;
            case Outcome.Failed:
                EventSpans.Settled(delivery, "retry", group, start, end);
                if (!isOwned)
                    break;
                EventBusTelemetry.Retries.Add(1, tags);
                LogRetry(group.Name, delivery.EventId, delivery.Stream, delivery.Attempt + 1, delivery.Error);
                break;
            case Outcome.DeadLetter:
                EventSpans.Settled(delivery, "dead_letter", group, start, end);
                if (!isOwned)
                    break;
                EventBusTelemetry.DeadLetters.Add(1, EventBusTelemetry.OwnTags(delivery.Stream, group.Name, delivery.Reason));
                LogDeadLetter(group.Name, delivery.EventId, delivery.Stream, delivery.Reason, delivery.Error);
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
