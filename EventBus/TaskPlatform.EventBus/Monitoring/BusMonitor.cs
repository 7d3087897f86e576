using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>
/// Measures the bus and raises alerts. Every process runs it; the one that holds the lease reports. Firing alerts, the baseline counts and the latest
/// sample are stored in the transport, so that every process knows them, and a new leaseholder neither reports alerts twice nor misses changes
/// between two terms.
/// </summary>
internal sealed class BusMonitor(
    IMonitoringStore store, SamplerIdentity sampler, AlertEvaluator evaluator, AlertDelivery delivery, IOptions<AlertOptions> options, BusHealth health,
    BackgroundLoops loops) : BackgroundService
{
    private readonly SemaphoreSlim evaluationLock = new(1, 1);
    private bool elected;

    /// <summary>Runs one evaluation; a concurrent call waits for the current one.</summary>
    /// <returns>The sample, if this process is elected.</returns>
    internal async Task<BusSample?> RunOnceAsync(CancellationToken cancellationToken)
    {
        await evaluationLock.WaitAsync(cancellationToken);
        try
        {
            return await SampleAsync(cancellationToken);
        }
        finally
        {
            evaluationLock.Release();
        }
    }

    public override void Dispose()
    {
        evaluationLock.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Other roles report an unavailable transport.
        await loops.RunAsync(new("monitoring") { LogLevel = LogLevel.Debug }, StepAsync, stoppingToken);
        SharedGauges.Update(sampler.Bus, null);
    }

    /// <returns>The time until the next evaluation; a standby process that is not preferred evaluates half as often.</returns>
    private async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        try
        {
            SharedGauges.Update(sampler.Bus, await RunOnceAsync(stoppingToken));
        }
        catch
        {
            SharedGauges.Update(sampler.Bus, null);
            throw;
        }

        return elected || sampler.IsPreferred ? options.Value.Interval : 2 * options.Value.Interval;
    }

    private async Task<BusSample?> SampleAsync(CancellationToken cancellationToken)
    {
        var state = await store.SampleAsync(sampler, cancellationToken);
        health.Alerts = state.Firing;
        elected = state.Lease != LeaseState.Standby;
        evaluator.Begin(state);

        var changed = false;
        if (state.Sample is { } sample)
            (elected, changed) = await evaluator.EvaluateAsync(sample, state.Firing, cancellationToken);
        await delivery.ReportAsync(cancellationToken);
        if (changed || state.Unpublished > 0)
            await delivery.PublishAsync(cancellationToken);
        return elected ? state.Sample : null;
    }
}
