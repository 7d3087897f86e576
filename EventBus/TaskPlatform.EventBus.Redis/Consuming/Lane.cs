using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Handles deliveries one batch after the other, in the order they came.</summary>
internal sealed partial class Lane(
    ConsumerGroup group, BatchProcessor processor, IInbox? inbox, GroupStreams streams, Settler settler, InFlight inFlight,
    WaitingRoom waiting, SemaphoreSlim suspects, BusHealth health, ILogger logger)
{
    /// <summary>Runs until nothing more will come and nothing waits.</summary>
    /// <param name="draining">Fires when the process stops: what has not begun by then is left to others.</param>
    /// <param name="abort">Fires when running handlers have had their time.</param>
    public async Task RunAsync(CancellationToken draining, CancellationToken abort)
    {
        while (await waiting.TakeAsync(abort) is { Count: > 0 } batch)
        {
            await HandleAsync(batch, draining, abort);
            waiting.Done(batch);
        }
    }

    private async Task HandleAsync(IReadOnlyList<Delivery> batch, CancellationToken draining, CancellationToken abort)
    {
        for (var from = 0; from < batch.Count && !draining.IsCancellationRequested;)
        {
            // What was delivered before may be what killed its consumer: it runs alone. The rest run together.
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
        // Entries that made two consumers fall silent go one at a time in the whole process, so that no innocent one is blamed.
        var suspect = run[0].EarlierDeliveries > 1;
        if (suspect)
            await suspects.WaitAsync(abort);
        try
        {
            if (run[0].EarlierDeliveries > 0 && !await CountDeliveryAsync(run[0], abort))
                return;
            await ProcessAsync(run, draining, abort);
        }
        finally
        {
            if (suspect)
                suspects.Release();
        }
    }

    private async Task<bool> CountDeliveryAsync(Delivery delivery, CancellationToken abort)
    {
        for (var backOff = new BackOff(); ; await backOff.WaitAsync(abort))
        {
            try
            {
                var owned = !delivery.ClaimLost && await streams.CountDeliveryAsync(delivery).WaitAsync(abort);
                health.Recovered(group.Name);
                if (!owned)
                    inFlight.Remove(delivery);
                return owned;
            }
            catch (Exception e) when (RedisAvailability.IsUnavailable(e))
            {
                ReportBlocked(e);
            }
            catch (RedisServerException e)
            {
                LogRefused(group.Name, e); // A key of the wrong kind, say: nobody can own an entry there.
                inFlight.Remove(delivery);
                return false;
            }
        }
    }

    private async Task ProcessAsync(List<Delivery> run, CancellationToken draining, CancellationToken abort)
    {
        var backOff = new BackOff();
        while (true)
        {
            using var claims = CancellationTokenSource.CreateLinkedTokenSource(abort);
            foreach (var delivery in run)
                delivery.OnClaimLost(claims);
            try
            {
                await processor.ProcessAsync(run, draining, claims.Token);
                health.Recovered(group.Name);
                break;
            }
            catch (StoreUnavailableException e)
            {
                ReportBlocked(e.InnerException!);
                if (draining.IsCancellationRequested)
                    break;
                await WaitForStoreAsync(backOff, draining);
            }
            catch (OperationCanceledException) when (!abort.IsCancellationRequested)
            {
                LogClaimLost(group.Name, run.Count(d => d.ClaimLost));
            }
            finally
            {
                foreach (var delivery in run)
                    delivery.OnClaimLost(null);
            }

            foreach (var lost in run.Where(d => d.ClaimLost && d.Outcome == Outcome.Open))
                inFlight.Remove(lost);
            run.RemoveAll(d => d.ClaimLost && d.Outcome == Outcome.Open);
            if (run.Count == 0 || draining.IsCancellationRequested)
                break;
        }

        await settler.SettleAsync(run, abort);
    }

    /// <summary>Holds the lane until the store accepts a write, or the process stops.</summary>
    private async Task WaitForStoreAsync(BackOff backOff, CancellationToken draining)
    {
        while (!draining.IsCancellationRequested)
        {
            await backOff.WaitAsync(draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await inbox!.ProbeAsync(draining);
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

    [LoggerMessage(LogLevel.Warning, "{Group} pauses; nothing is lost and no attempt is spent: {Error}")]
    private partial void LogPaused(string group, string error);

    [LoggerMessage(LogLevel.Warning, "{Group} lost its claim on {Count} entries to another consumer and wrote nothing for them.")]
    private partial void LogClaimLost(string group, int count);

    [LoggerMessage(LogLevel.Error, "{Group} can't take up an entry, because Redis refuses it.")]
    private partial void LogRefused(string group, Exception exception);
}
