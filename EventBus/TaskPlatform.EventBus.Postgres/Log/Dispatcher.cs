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
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>How often a leader who has published nothing meanwhile asks Redis whether it still has everything, and what to replay.</summary>
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(4);

    /// <summary>How long a stopping leader may take for the events of the last requests.</summary>
    private static readonly TimeSpan LastPass = TimeSpan.FromSeconds(5);

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
                    await transport.OnWakeAsync(service, HearOfCommit, stoppingToken);
                subscribed = true;
                await using var connection = await ConnectAsync(stoppingToken);
                var tail = new PublishedTail(connection, transport, catalog.Types, options, logger);
                await RunTermAsync(
                    new LogReader(connection, transport, unmarked, tail, health, logger),
                    tail,
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
    private void HearOfCommit()
    {
        if (leads)
            committed.Set();
    }

    private async Task RunTermAsync(
        LogReader log, PublishedTail tail, OutboxReport report, LogReplayer replayer, CancellationToken stoppingToken)
    {
        while (!await log.TryLeadAsync(stoppingToken))
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
            for (; ; await committed.WaitAsync(Sweep, stoppingToken))
            {
                try
                {
                    var looks = Stopwatch.GetElapsedTime(lastCheck) > (tail.HasGrown ? Sweep : QuietLook);
                    if (looks)
                    {
                        await report.ReportAsync(stoppingToken);
                        if (await tail.CheckAsync(stoppingToken) > 0)
                            log.BeginAnew();
                        lastCheck = Stopwatch.GetTimestamp();
                    }

                    if (await log.PublishWaitingAsync(stoppingToken))
                        committed.Set();
                    ReportRecovered();
                    if (looks || replaying)
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
            using var lastPass = new CancellationTokenSource(LastPass);
            while (await log.PublishWaitingAsync(lastPass.Token))
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
        for (var left = Sweep; left > TimeSpan.Zero; left = Sweep - Stopwatch.GetElapsedTime(started))
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
        return Task.Delay(Sweep * (0.5 + Random.Shared.NextDouble()), stoppingToken);
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
