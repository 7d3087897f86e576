using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Tells Redis what became of deliveries: acked, given back, or dead. It goes on trying for as long as Redis is away.</summary>
internal sealed partial class Settler(
    ConsumerGroup group, GroupStreams streams, InFlight inFlight, CoalescedSignal scheduled, EventBusOptions options, BusHealth health, TimeProvider clock,
    ILogger logger)
{
    /// <summary>Beyond, entries are left to be claimed, as those are whose process died.</summary>
    private const int MaxMissedAcks = 10_000;

    private readonly ConcurrentQueue<Delivery> refused = new();
    private readonly ConcurrentQueue<MissedAck> missed = new();
    private readonly HandledContents contents = new();
    private readonly string role = $"{group.Name} settling";

    public async Task SettleAsync(IReadOnlyList<Delivery> batch, CancellationToken cancellationToken)
    {
        var calls = new List<Task>();
        foreach (var acks in batch.Where(d => d.Outcome is Outcome.Handled or Outcome.Skipped).GroupBy(d => d.Stream))
            calls.Add(AckAsync(acks.Key, [.. acks], cancellationToken));

        foreach (var foreign in batch.Where(d => d.Outcome == Outcome.ForAnotherGroup).GroupBy(d => d.Stream))
            calls.Add(AckForeignAsync(foreign.Key, [.. foreign], cancellationToken));
        foreach (var delivery in batch)
        {
            if (delivery.Outcome == Outcome.Failed)
                calls.Add(RetryAsync(delivery, cancellationToken));
            else if (delivery.Outcome == Outcome.DeadLetter)
                calls.Add(DeadLetterAsync(delivery, cancellationToken));
        }

        await Task.WhenAll(calls);
    }

    /// <summary>Tries again what Redis said no to, or what was not there: a key of the wrong kind may have been mended meanwhile, a stream renamed back.</summary>
    public async Task SettleRefusedAsync(CancellationToken cancellationToken)
    {
        await RetryMissedAcksAsync(cancellationToken);
        var again = new List<Delivery>();
        while (refused.TryDequeue(out var delivery))
            again.Add(delivery);
        await SettleAsync(again, cancellationToken);
    }

    private async Task AckAsync(string stream, List<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        var acked = 0L;
        var settled = await RetryWhileUnavailableAsync(deliveries, async () =>
        {
            try
            {
                acked = await streams.AckAsync(stream, deliveries).WaitAsync(cancellationToken);
            }
            catch (Exception e) when (RedisAvailability.IsUnavailable(e))
            {
                EventBusTelemetry.AckFailures.Add(1, EventBusTelemetry.OwnTags(stream, group.Name));
                throw;
            }
        }, cancellationToken);
        if (!settled)
            return;

        var end = clock.GetUtcNow();
        if (acked < deliveries.Count)
            AddMissed(stream, deliveries);
        inFlight.Remove(CollectionsMarshal.AsSpan(deliveries));
        var tags = EventBusTelemetry.OwnTags(stream, group.Name);
        foreach (var delivery in deliveries)
        {
            EventSpans.Settled(delivery, "ack", group.Name, start, end);
            if (delivery.Outcome == Outcome.Handled)
            {
                contents.Remember(delivery);
                EventBusTelemetry.EndToEndDuration.Record((end - delivery.Envelope!.Timestamp).TotalSeconds, tags);
            }
            else if (contents.Contradicts(delivery))
            {
                EventBusTelemetry.ReusedIds.Add(1, tags);
                LogReusedId(group.Name, delivery.EntryId, delivery.Stream, delivery.EventId);
            }
        }
    }

    /// <summary>Some were not pending: the stream or its group was not there, or another consumer has acked them since.</summary>
    private void AddMissed(string stream, List<Delivery> deliveries)
    {
        foreach (var delivery in deliveries)
        {
            if (missed.Count < MaxMissedAcks)
                missed.Enqueue(new MissedAck(stream, delivery.EntryId, delivery.TargetGroup is not null, clock.GetTimestamp()));
        }
    }

    /// <summary>Acks again what was not pending before; once it would be claimed anyway, it is left to that.</summary>
    private async Task RetryMissedAcksAsync(CancellationToken cancellationToken)
    {
        var again = new List<MissedAck>();
        while (missed.TryDequeue(out var ack))
        {
            if (clock.GetElapsedTime(ack.At) < options.ClaimIdle)
                again.Add(ack);
        }

        foreach (var acks in again.GroupBy(ack => (ack.Stream, ack.IsTargeted)))
        {
            var acked = 0L;
            try
            {
                acked = await streams.AckAsync(acks.Key.Stream, [.. acks.Select(ack => (RedisValue)ack.EntryId)], acks.Key.IsTargeted).WaitAsync(cancellationToken);
            }
            catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
            {
                LogUnsettled(group.Name, e.Message);
            }

            foreach (var ack in acks.Where(_ => acked < acks.Count()))
                missed.Enqueue(ack);
        }
    }

    private async Task AckForeignAsync(string stream, List<Delivery> deliveries, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> unknown = [];
        if (!await RetryWhileUnavailableAsync(deliveries, async () => unknown = await streams.AckForeignAsync(stream, deliveries).WaitAsync(cancellationToken), cancellationToken))
            return;

        foreach (var delivery in deliveries)
        {
            if (!unknown.Contains(delivery.EntryId))
            {
                inFlight.Remove(delivery);
                continue;
            }

            delivery.MarkDeadLettered(DeadLetterReason.UnknownGroup, new InvalidOperationException($"{stream} has no group '{delivery.TargetGroup}'."));
            await DeadLetterAsync(delivery, cancellationToken);
        }
    }

    private async Task RetryAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        var done = false;
        if (!await RetryWhileUnavailableAsync([delivery], async () => done = await streams.RetryAsync(delivery).WaitAsync(cancellationToken), cancellationToken))
            return;

        inFlight.Remove(delivery);
        EventSpans.Settled(delivery, "retry", group.Name, start, clock.GetUtcNow());
        if (done)
        {
            scheduled.Set();
            EventBusTelemetry.Retries.Add(1, EventBusTelemetry.OwnTags(delivery.Stream, group.Name));
            LogRetry(group.Name, delivery.EventId, delivery.Stream, delivery.Attempt + 1, delivery.Error);
        }
    }

    private async Task DeadLetterAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        var done = false;
        if (!await RetryWhileUnavailableAsync([delivery], async () => done = await streams.DeadLetterAsync(delivery).WaitAsync(cancellationToken), cancellationToken))
            return;

        inFlight.Remove(delivery);
        EventSpans.Settled(delivery, "dead_letter", group.Name, start, clock.GetUtcNow());
        if (done)
        {
            EventBusTelemetry.DeadLetters.Add(1, EventBusTelemetry.OwnTags(delivery.Stream, group.Name, delivery.Reason));
            LogDeadLetter(group.Name, delivery.EventId, delivery.Stream, delivery.Reason, delivery.Error);
        }
    }

    /// <summary>Waits for a Redis that is away. Where it says no, the deliveries stay ours until <see cref="SettleRefusedAsync"/>.</summary>
    /// <returns>Whether it was done.</returns>
    private async Task<bool> RetryWhileUnavailableAsync(IReadOnlyList<Delivery> deliveries, Func<Task> call, CancellationToken cancellationToken)
    {
        for (var backOff = new BackOff(); ; await backOff.WaitAsync(cancellationToken))
        {
            try
            {
                await call();
                if (health.Recovered(role))
                    LogRecovered(group.Name);
                return true;
            }
            catch (Exception e) when (RedisAvailability.IsUnavailable(e))
            {
                if (health.Blocked(role, e.Message))
                    LogUnsettled(group.Name, e.Message);
            }
            catch (RedisServerException e)
            {
                if (health.Blocked(role, e.Message))
                    LogRefused(group.Name, e);
                foreach (var delivery in deliveries)
                    refused.Enqueue(delivery);
                return false;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Group} skipped entry {EntryId} of {Stream}: it has handled event {EventId} before, but that said something else. A publisher uses the id twice.")]
    private partial void LogReusedId(string group, string entryId, string stream, Guid eventId);

    [LoggerMessage(LogLevel.Warning, "{Group} could not handle event {EventId} of {Stream}; attempt {Attempt} follows.")]
    private partial void LogRetry(string group, Guid eventId, string stream, int attempt, Exception? exception);

    [LoggerMessage(LogLevel.Error, "{Group} gave up on event {EventId} of {Stream} ({Reason}): it is in the dead letter queue.")]
    private partial void LogDeadLetter(string group, Guid eventId, string stream, string? reason, Exception? exception);

    [LoggerMessage(LogLevel.Error, "{Group} can't settle what it has handled, because Redis refuses it; it is tried again.")]
    private partial void LogRefused(string group, Exception exception);

    [LoggerMessage(LogLevel.Warning, "{Group} waits for Redis to settle what it has handled: {Error}")]
    private partial void LogUnsettled(string group, string error);

    [LoggerMessage(LogLevel.Information, "{Group} settles again what it has handled.")]
    private partial void LogRecovered(string group);

    /// <summary>An ack of an entry that was not pending, and when that was.</summary>
    private readonly record struct MissedAck(string Stream, string EntryId, bool IsTargeted, long At);
}
