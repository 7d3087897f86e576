using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Publishes a service's event log in order. One process of the service is elected as leader and works through rounds of its term, whenever
/// something was committed and at least every second.
/// </summary>
internal sealed partial class Dispatcher<TDb>(
    string service, LeaderElection<TDb> election, LeaderTerms terms, CommitSignal<TDb> committed, BusHealth health, ILogger<Dispatcher<TDb>> logger)
    : BackgroundService
    where TDb : DbContext
{
    /// <summary>How often the leader polls the log in case it missed a signal, and how long it pauses after a failure, ±50 %.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>Time limit for a stopping leader to publish the events of the last requests.</summary>
    private static readonly TimeSpan FinalPublishTimeout = TimeSpan.FromSeconds(5);

    private readonly UnmarkedEvents unmarked = new();
    private readonly string role = $"publishing the log of {service}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var leadership = await election.WinAsync(ReportRecovered, stoppingToken);
                LogLeading(service);
                using var term = terms.Begin(service, leadership.Connection, unmarked);
                await LeadAsync(term, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                await PauseAsync(e, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Leads until the process stops or the connection fails. A transport that is unavailable does not end the term.</summary>
    private async Task LeadAsync(LeaderTerm term, CancellationToken stoppingToken)
    {
        try
        {
            for (; ; await committed.WaitAsync(SweepInterval, stoppingToken))
            {
                try
                {
                    using var untraced = UntracedWork.Begin();
                    if (await term.RunRoundAsync(stoppingToken))
                        committed.Set();
                    ReportRecovered();
                }
                catch (EventTransportUnavailableException e)
                {
                    term.RequireCheck();
                    await PauseAsync(e, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var untraced = UntracedWork.Begin();
            using var timeout = new CancellationTokenSource(FinalPublishTimeout);
            await term.FinishAsync(timeout.Token);
            throw;
        }
    }

    private Task PauseAsync(Exception reason, CancellationToken stoppingToken)
    {
        if (health.Blocked(role, reason.Message))
            LogInterrupted(service, reason);
        return Task.Delay(SweepInterval * (0.5 + Random.Shared.NextDouble()), stoppingToken);
    }

    private void ReportRecovered()
    {
        if (health.Recovered(role))
            LogRecovered(service);
    }

    [LoggerMessage(LogLevel.Information, "This process now publishes the event log of {Service}.")]
    private partial void LogLeading(string service);

    [LoggerMessage(LogLevel.Warning, "Publishing the event log of {Service} was interrupted; it recovers automatically.")]
    private partial void LogInterrupted(string service, Exception exception);

    [LoggerMessage(LogLevel.Information, "Publishing the event log of {Service} has recovered.")]
    private partial void LogRecovered(string service);
}
