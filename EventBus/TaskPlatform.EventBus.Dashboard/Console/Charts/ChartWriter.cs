using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Charts;

/// <summary>
/// Writes the samples of the elected monitor to the database, so that charts survive a restart of any process. It does not measure the bus itself:
/// the charts show the same numbers as gauges and alerts, and a time without a monitor is a gap.
/// </summary>
internal sealed class ChartWriter(
    IBusSamples samples, IServiceScopeFactory scopes, IOptions<ConsoleOptions> options, TimeProvider time, BackgroundLoops loops) : BackgroundService
{
    private DateTimeOffset written;

    /// <summary>Writes the latest sample into its time slot. If several processes write to a slot, only the first sample is kept.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (await samples.LatestAsync(cancellationToken) is not { } sample)
            return;
        var slot = new DateTimeOffset(sample.At.Ticks - (sample.At.Ticks % options.Value.SampleInterval.Ticks), TimeSpan.Zero);
        if (slot == written)
            return;

        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<DashboardDb>().Database;
        await database.ExecuteSqlAsync(
            $"""
            INSERT INTO bus_samples (at, lag, pending, dead_letters, scheduled)
            VALUES ({slot}, {sample.Lag}, {sample.Pending}, {sample.DeadLetters}, {sample.ScheduledRetries})
            ON CONFLICT DO NOTHING
            """,
            cancellationToken);
        await database.ExecuteSqlAsync($"DELETE FROM bus_samples WHERE at < {time.GetUtcNow() - options.Value.SampleRetention}", cancellationToken);
        written = slot;
    }

    /// <summary>Reads twice per slot, because the monitor's interval is not in step with the slots.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(new("charts") { Interval = options.Value.SampleInterval / 2 }, RunOnceAsync, stoppingToken);
}
