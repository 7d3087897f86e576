using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Tells Redis what became of deliveries: acked, given back, or dead. It goes on trying for as long as Redis is away.</summary>
internal sealed partial class Settler(
    ConsumerGroup group, GroupStreams streams, InFlight inFlight, CoalescedSignal scheduled, BusState state, TimeProvider clock, ILogger logger)
{
    private readonly ConcurrentQueue<Delivery> refused = new();
    private readonly string role = $"{group.Name} settling";

    public async Task SettleAsync(IReadOnlyList<Delivery> batch, CancellationToken cancellationToken)
    {
        var calls = new List<Task>();
        foreach (var acks in batch.Where(d => d.Outcome is Outcome.Handled or Outcome.Skipped).GroupBy(d => d.Stream))
            calls.Add(AckAsync(acks.Key, [.. acks], cancellationToken));

        foreach (var foreign in batch.Where(d => d.Outcome == Outcome.ForAnotherGroup).GroupBy(d => d.Stream))
            calls.Add(PassOverAsync(foreign.Key, [.. foreign], cancellationToken));
        foreach (var delivery in batch)
        {
            if (delivery.Outcome == Outcome.Failed)
                calls.Add(RetryAsync(delivery, cancellationToken));
            else if (delivery.Outcome == Outcome.DeadLetter)
                calls.Add(DeadLetterAsync(delivery, cancellationToken));
        }

        await Task.WhenAll(calls);
    }

    /// <summary>Tries again what Redis said no to: a key of the wrong kind may have been mended meanwhile.</summary>
    public async Task SettleRefusedAsync(CancellationToken cancellationToken)
    {
        var again = new List<Delivery>();
        while (refused.TryDequeue(out var delivery))
            again.Add(delivery);
        await SettleAsync(again, cancellationToken);
    }

    private async Task AckAsync(string stream, List<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        var settled = await PersistentlyAsync(deliveries, async () =>
        {
            try
            {
                await streams.AckAsync(stream, deliveries).WaitAsync(cancellationToken);
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
        inFlight.Remove(CollectionsMarshal.AsSpan(deliveries));
        var tags = EventBusTelemetry.OwnTags(stream, group.Name);
        foreach (var delivery in deliveries)
        {
            EventSpans.Settled(delivery, "ack", group.Name, start, end);
            if (delivery.Outcome == Outcome.Handled)
                EventBusTelemetry.EndToEndDuration.Record((end - delivery.Envelope!.Timestamp).TotalSeconds, tags);
        }
    }

    private async Task PassOverAsync(string stream, List<Delivery> deliveries, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> unknown = [];
        if (!await PersistentlyAsync(deliveries, async () => unknown = await streams.PassOverAsync(stream, deliveries).WaitAsync(cancellationToken), cancellationToken))
            return;

        foreach (var delivery in deliveries)
        {
            if (!unknown.Contains(delivery.EntryId))
            {
                inFlight.Remove(delivery);
                continue;
            }

            delivery.Die(DeadLetterReason.UnknownGroup, new InvalidOperationException($"{stream} has no group '{delivery.TargetGroup}'."));
            await DeadLetterAsync(delivery, cancellationToken);
        }
    }

    private async Task RetryAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        var done = false;
        if (!await PersistentlyAsync([delivery], async () => done = await streams.RetryAsync(delivery).WaitAsync(cancellationToken), cancellationToken))
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
        if (!await PersistentlyAsync([delivery], async () => done = await streams.DeadLetterAsync(delivery).WaitAsync(cancellationToken), cancellationToken))
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
    private async Task<bool> PersistentlyAsync(IReadOnlyList<Delivery> deliveries, Func<Task> call, CancellationToken cancellationToken)
    {
        for (var backOff = new BackOff(); ; await backOff.WaitAsync(cancellationToken))
        {
            try
            {
                await call();
                if (state.GoesOn(role))
                    LogSettles(group.Name);
                return true;
            }
            catch (Exception e) when (RedisAvailability.IsUnavailable(e))
            {
                if (state.Waits(role, e.Message))
                    LogUnsettled(group.Name, e.Message);
            }
            catch (RedisServerException e)
            {
                if (state.Waits(role, e.Message))
                    LogRefused(group.Name, e);
                foreach (var delivery in deliveries)
                    refused.Enqueue(delivery);
                return false;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Group} could not handle event {EventId} of {Stream}; attempt {Attempt} follows.")]
    private partial void LogRetry(string group, Guid eventId, string stream, int attempt, Exception? exception);

    [LoggerMessage(LogLevel.Error, "{Group} gave up on event {EventId} of {Stream} ({Reason}): it is in the dead letter queue.")]
    private partial void LogDeadLetter(string group, Guid eventId, string stream, string? reason, Exception? exception);

    [LoggerMessage(LogLevel.Error, "{Group} can't settle what it has handled, because Redis refuses it; it is tried again.")]
    private partial void LogRefused(string group, Exception exception);

    [LoggerMessage(LogLevel.Warning, "{Group} waits for Redis to settle what it has handled: {Error}")]
    private partial void LogUnsettled(string group, string error);

    [LoggerMessage(LogLevel.Information, "{Group} settles again what it has handled.")]
    private partial void LogSettles(string group);
}
