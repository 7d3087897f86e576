using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Handles the events in a group's queue, in several concurrent batches.</summary>
internal sealed partial class WorkerPool(
    ConsumerGroup group, KeyedQueue queue, BatchProcessor processor, IReceiver receiver, Settler settler, BusHealth health, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim suspects = new(1);

    /// <summary>The number of concurrent batches.</summary>
    public required int Workers { get; init; }

    public void Dispose() => suspects.Dispose();

    /// <summary>Runs until the queue is complete and empty, or until aborted.</summary>
    /// <param name="draining">Cancelled when the process stops: events whose handling has not begun are left to other consumers.</param>
    /// <param name="abort">Cancelled when the time for running handlers is over.</param>
    public async Task RunAsync(CancellationToken draining, CancellationToken abort)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(draining, abort)));
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // Unfinished events are released to other consumers.
        }
    }

    private async Task WorkAsync(CancellationToken draining, CancellationToken abort)
    {
        while (await queue.TakeAsync(abort) is { Count: > 0 } batch)
        {
            await HandleAsync(batch, draining, abort);
            queue.Finish(batch);
        }
    }

    private async Task HandleAsync(IReadOnlyList<Delivery> batch, CancellationToken draining, CancellationToken abort)
    {
        for (var from = 0; from < batch.Count && !draining.IsCancellationRequested;)
        {
            // A redelivered event may have crashed its consumer, so it runs alone. The others run together.
            var to = from + 1;
            if (batch[from].EarlierDeliveries == 0)
            {
                while (to < batch.Count && batch[to].EarlierDeliveries == 0)
                    to++;
            }

            await HandleRunAsync([.. batch.Skip(from).Take(to - from)], draining, abort);
            from = to;
        }
    }

    private async Task HandleRunAsync(List<Delivery> run, CancellationToken draining, CancellationToken abort)
    {
        var withdrawn = run.FindAll(delivery => queue.IsClosed(delivery.Stream));
        queue.RemoveUnhandled(withdrawn);
        run.RemoveAll(withdrawn.Contains);
        if (run.Count == 0)
            return;

        // Events that were being handled when two consumers died run one at a time in the process, so that no other event is suspected.
        var isSuspect = run[0].EarlierDeliveries > 1;
        if (isSuspect)
            await suspects.WaitAsync(abort);
        try
        {
            if (run[0].EarlierDeliveries > 0 && !await CountDeliveryAsync(run[0], abort))
                return;
            await ProcessAsync(new EventBatch(run, queue.IsClosed), draining, abort);
        }
        finally
        {
            if (isSuspect)
                suspects.Release();
        }
    }

    private async Task<bool> CountDeliveryAsync(Delivery delivery, CancellationToken abort)
    {
        for (var backOff = new BackOff(); ; await backOff.WaitAsync(abort))
        {
            try
            {
                var isOwned = !queue.IsLost(delivery) && await receiver.CountDeliveryAsync(delivery.Position, abort);
                health.Recovered(group.Name);
                if (!isOwned)
                    queue.Remove(delivery);
                return isOwned;
            }
            catch (EventTransportUnavailableException e)
            {
                ReportBlocked(e.InnerException!);
            }
        }
    }

    private async Task ProcessAsync(EventBatch batch, CancellationToken draining, CancellationToken abort)
    {
        var backOff = new BackOff();
        while (true)
        {
            using var claims = CancellationTokenSource.CreateLinkedTokenSource(abort);
            var open = batch.OpenDeliveries();
            queue.Watch(open, claims);
            try
            {
                await processor.ProcessAsync(batch, draining, claims.Token);
                health.Recovered(group.Name);
                break;
            }
            catch (StoreUnavailableException e)
            {
                ReportBlocked(e.InnerException!);
                if (draining.IsCancellationRequested)
                    break;
                await WaitForStoreAsync(backOff, draining, claims.Token);
            }
            catch (OperationCanceledException) when (!abort.IsCancellationRequested)
            {
                LogClaimLost(group.Name, open.Count(queue.IsLost));
            }
            finally
            {
                queue.Watch(open, null);
            }

            queue.Remove(CollectionsMarshal.AsSpan(batch.RemoveOpen(one => queue.IsLost(one.Delivery))));
            queue.RemoveUnhandled(batch.RemoveOpen(one => one.IsWithdrawn));
            if (batch.IsEmpty || draining.IsCancellationRequested)
                break;
        }

        if (!draining.IsCancellationRequested)
            queue.RemoveUnhandled(batch.RemoveOpen(one => one.IsWithdrawn));
        await settler.SettleAsync(batch.Decisions(), abort);
    }

    /// <summary>Returns when the store accepts a write, when the process stops, or when another consumer owns an event that waits.</summary>
    private async Task WaitForStoreAsync(BackOff backOff, CancellationToken draining, CancellationToken claims)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(draining, claims);
        while (!either.IsCancellationRequested)
        {
            await backOff.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await processor.ProbeStoreAsync(either.Token);
                return;
            }
            catch (Exception e)
            {
                ReportBlocked(e);
            }
        }
    }

    private void ReportBlocked(Exception exception)
    {
        if (health.Blocked(group.Name, exception.Message))
            LogPaused(group.Name, exception.Message);
    }

    [LoggerMessage(LogLevel.Warning, "{Group} is paused; no events are lost and no attempts are used up: {Error}")]
    private partial void LogPaused(string group, string error);

    [LoggerMessage(LogLevel.Warning, "{Group} lost its claims on {Count} entries to another consumer and wrote nothing for them.")]
    private partial void LogClaimLost(string group, int count);
}
