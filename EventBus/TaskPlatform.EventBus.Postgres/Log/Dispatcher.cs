using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Publishes a service's log in its order. Of all processes of the service one is elected; the others tell it of their commits.
/// </summary>
internal sealed partial class Dispatcher<TDb>(
    string service,
    CommitSignal<TDb> committed,
    IEventTransport transport,
    EventCatalog catalog,
    IReplays replays,
    EventBusOptions options,
    OutboxState outbox,
    BusHealth health,
    IOptions<DirectConnection<TDb>> direct,
    IServiceScopeFactory scopes,
    ILogger<Dispatcher<TDb>> logger) : BackgroundService
    where TDb : DbContext
{
    /// <summary>The safety net under the wake-ups: how often a leader looks for itself, and the others try to become one.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often a leader who has published nothing meanwhile asks Redis whether it still has everything, and what to replay.</summary>
    private static readonly TimeSpan IdleCheckInterval = TimeSpan.FromSeconds(4);

    /// <summary>How long a stopping leader may take for the events of the last requests.</summary>
    private static readonly TimeSpan FinalPublishTimeout = TimeSpan.FromSeconds(5);

    private readonly UnmarkedEvents unmarked = new();
    private readonly string role = $"publishing the log of {service}";
    private volatile bool leads;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var subscribed = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!subscribed)
                    await transport.OnWakeAsync(service, OnRemoteCommit, stoppingToken);
                subscribed = true;
                await using var connection = await ConnectAsync(stoppingToken);
                var verifier = new PublishedEventVerifier(connection, transport, catalog.Types, options, logger);
                await RunTermAsync(
                    new OutboxPublisher(connection, transport, unmarked, verifier, health, logger),
                    verifier,
                    new OutboxReport(service, connection, transport, outbox),
                    new LogReplayer(connection, replays, service),
                    stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                await PauseAsync(e, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                outbox.Current = null;
                leads = false;
            }
        }
    }

    /// <summary>A commit somewhere else. Who does not lead leaves it to the leader: it would only tell it once more, and itself with it.</summary>
    private void OnRemoteCommit()
    {
        if (leads)
            committed.Set();
    }

    private async Task RunTermAsync(
        OutboxPublisher publisher, PublishedEventVerifier verifier, OutboxReport report, LogReplayer replayer, CancellationToken stoppingToken)
    {
        while (!await publisher.TryLeadAsync(stoppingToken))
        {
            ReportRecovered();
            await ForwardCommitsAsync(stoppingToken);
        }

        leads = true;
        LogLeading(service);
        var lastCheck = 0L;
        var replaying = false;
        try
        {
            for (; ; await committed.WaitAsync(SweepInterval, stoppingToken))
            {
                try
                {
                    var isCheckDue = Stopwatch.GetElapsedTime(lastCheck) > (verifier.HasGrown ? SweepInterval : IdleCheckInterval);
                    if (isCheckDue)
                    {
                        await report.ReportAsync(stoppingToken);
                        if (await verifier.CheckAsync(stoppingToken) > 0)
                            publisher.Restart();
                        lastCheck = Stopwatch.GetTimestamp();
                    }

                    if (await publisher.PublishWaitingAsync(stoppingToken))
                        committed.Set();
                    ReportRecovered();
                    if (isCheckDue || replaying)
                        replaying = await ReplayAsync(replayer, stoppingToken);
                }
                catch (EventTransportUnavailableException e)
                {
                    lastCheck = 0; // It may come back with less than it had.
                    await PauseAsync(e, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var finalPublish = new CancellationTokenSource(FinalPublishTimeout);
            while (await publisher.PublishWaitingAsync(finalPublish.Token))
            {
                // There may be more, and there is time left.
            }

            throw;
        }
    }

    /// <summary>Tells the leader of this process's commits, until it is time to try again to be one.</summary>
    private async Task ForwardCommitsAsync(CancellationToken stoppingToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var left = SweepInterval; left > TimeSpan.Zero; left = SweepInterval - Stopwatch.GetElapsedTime(started))
        {
            if (await committed.WaitAsync(left, stoppingToken))
                await transport.WakeAsync(service, stoppingToken);
        }
    }

    /// <summary>Serves the next part of the open replays; new events are published between the parts. A replay that fails delays nothing else.</summary>
    private async Task<bool> ReplayAsync(LogReplayer replayer, CancellationToken stoppingToken)
    {
        try
        {
            var more = await replayer.RunOnceAsync(stoppingToken);
            if (more)
                committed.Set();
            return more;
        }
        catch (Exception e) when (e is not (OperationCanceledException or EventTransportUnavailableException or NpgsqlException))
        {
            LogNotReplayed(service, e);
            return false;
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

    /// <summary>A connection of its own, outside the pool: the lock lives and dies with it.</summary>
    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var pooled = (NpgsqlConnection)scope.ServiceProvider.GetRequiredService<TDb>().Database.GetDbConnection();
        var settings = new NpgsqlConnectionStringBuilder(direct.Value.ConnectionString ?? pooled.ConnectionString)
        {
            Pooling = false,
            ApplicationName = $"{service} dispatcher",
        };
        if (!settings.ShouldSerialize("Keepalive"))
            settings.KeepAlive = 5;
        if (!settings.ShouldSerialize("Command Timeout"))
            settings.CommandTimeout = 10;
        var connection = pooled.CloneWith(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        try
        {
            await PostgresSession.RequireAsync(connection, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    [LoggerMessage(LogLevel.Information, "This process publishes the event log of {Service} now.")]
    private partial void LogLeading(string service);

    [LoggerMessage(LogLevel.Warning, "Publishing the event log of {Service} was interrupted; it recovers automatically.")]
    private partial void LogInterrupted(string service, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Past events of {Service} can't be replayed; it is tried again.")]
    private partial void LogNotReplayed(string service, Exception exception);

    [LoggerMessage(LogLevel.Information, "Publishing the event log of {Service} goes on.")]
    private partial void LogRecovered(string service);
}
