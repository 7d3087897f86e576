using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Charts;

/// <summary>Samples the bus regularly, so that charts survive a restart of this process.</summary>
internal sealed partial class Sampler(
    IStreamAdmin streams, IDeadLetterQueue deadLetters, EventCatalog events, IServiceScopeFactory scopes, IOptions<ConsoleOptions> options,
    TimeProvider time, ILogger<Sampler> logger) : BackgroundService
{
    private bool failing;

    /// <summary>Takes one sample. If several processes sample in the same slot, only the first sample is kept.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var groups = (await streams.DescribeAsync(events.Types, cancellationToken)).SelectMany(stream => stream.Groups).ToList();
        var (lag, pending) = (groups.Sum(group => group.Lag), groups.Sum(group => group.Pending));
        var dead = await deadLetters.CountAllAsync(cancellationToken);
        var scheduled = await streams.CountScheduledAsync(cancellationToken);

        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<DashboardDb>().Database;
        var now = time.GetUtcNow();
        var slot = new DateTimeOffset(now.Ticks - (now.Ticks % options.Value.SampleInterval.Ticks), TimeSpan.Zero);
        await database.ExecuteSqlAsync(
            $"""
            INSERT INTO bus_samples (at, lag, pending, dead_letters, scheduled) VALUES ({slot}, {lag}, {pending}, {dead}, {scheduled})
            ON CONFLICT DO NOTHING
            """,
            cancellationToken);
        await database.ExecuteSqlAsync($"DELETE FROM bus_samples WHERE at < {now - options.Value.SampleRetention}", cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                failing = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                if (!failing)
                    LogInterrupted(failure.Message);
                failing = true;
            }

            await Task.Delay(options.Value.SampleInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Sampling for the charts failed and will be retried: {Reason}")]
    private partial void LogInterrupted(string reason);
}
