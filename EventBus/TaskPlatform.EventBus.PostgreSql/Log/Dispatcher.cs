using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Publishes a service's event log in order. One process of the service is elected as leader; the others notify it of their commits.
/// </summary>
internal sealed partial class Dispatcher<TDb>(
    string service,
    CommitSignal<TDb> committed,
    EventSender sender,
    EventCatalog catalog,
    IReplays replays,
    EventBusOptions options,
    OutboxState outbox,
    BusHealth health,
    IOptions<DirectConnection<TDb>> direct,
    ApplicationScopes scopes,
    ILogger<Dispatcher<TDb>> logger) : BackgroundService
    where TDb : DbContext
{
    /// <summary>How often the leader polls the log in case it missed a signal, and how often the other processes try to become leader.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often a leader that is not publishing verifies the published events in Redis and checks for replay requests.</summary>
    private static readonly TimeSpan IdleCheckInterval = TimeSpan.FromSeconds(4);

    /// <summary>Time limit for a stopping leader to publish the events of the last requests.</summary>
    private static readonly TimeSpan FinalPublishTimeout = TimeSpan.FromSeconds(5);

    private readonly IEventTransport transport = sender.Transport;
    private readonly UnmarkedEvents unmarked = new();
    private readonly string role = $"publishing the log of {service}";
    private volatile bool isLeader;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var subscribed = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!subscribed && transport.Capabilities.WakeChannel is { } channel)
                    await channel.OnWakeAsync(service, OnRemoteCommit, stoppingToken);
                subscribed = true;
                await using var connection = await ConnectAsync(stoppingToken);
                var verifier = transport.Capabilities.Probe is { } probe
                    ? new PublishedEventVerifier(connection, probe, catalog.Types, options, logger)
                    : null;
                await RunTermAsync(
                    new OutboxPublisher(connection, sender, unmarked, verifier, health, logger),
                    verifier,
                    new OutboxReport(service, connection, transport.Capabilities.OutboxReports, outbox),
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
                isLeader = false;
            }
        }
    }

    /// <summary>A commit in another process. Only the leader reacts: another process would only notify the leader, and itself, once more.</summary>
    private void OnRemoteCommit()
    {
        if (isLeader)
            committed.Set();
    }

    private async Task RunTermAsync(
        OutboxPublisher publisher, PublishedEventVerifier? verifier, OutboxReport report, LogReplayer replayer, CancellationToken stoppingToken)
    {
        while (!await publisher.TryLeadAsync(stoppingToken))
        {
            ReportRecovered();
            await ForwardCommitsAsync(stoppingToken);
        }

        isLeader = true;
        LogLeading(service);
        var lastCheck = 0L;
        var replaying = false;
        try
        {
            for (; ; await committed.WaitAsync(SweepInterval, stoppingToken))
            {
                try
                {
                    var isCheckDue = Stopwatch.GetElapsedTime(lastCheck) > (verifier is { HasGrown: true } ? SweepInterval : IdleCheckInterval);
                    if (isCheckDue)
                    {
                        await report.ReportAsync(stoppingToken);
                        if (verifier is not null && await verifier.CheckAsync(stoppingToken) > 0)
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
                    lastCheck = 0; // Redis may have lost data.
                    await PauseAsync(e, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var finalPublish = new CancellationTokenSource(FinalPublishTimeout);
            while (await publisher.PublishWaitingAsync(finalPublish.Token))
            {
                // More events may be waiting.
            }

            throw;
        }
    }

    /// <summary>Notifies the leader of this process's commits until the next attempt to become leader is due.</summary>
    private async Task ForwardCommitsAsync(CancellationToken stoppingToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var left = SweepInterval; left > TimeSpan.Zero; left = SweepInterval - Stopwatch.GetElapsedTime(started))
        {
            if (await committed.WaitAsync(left, stoppingToken) && transport.Capabilities.WakeChannel is { } channel)
                await channel.WakeAsync(service, stoppingToken);
        }
    }

    /// <summary>Publishes the next page of each open replay, alternating with new events. A failing replay delays nothing else.</summary>
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

    /// <summary>Opens a connection outside the pool, because the advisory lock is held for the lifetime of its session.</summary>
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

    [LoggerMessage(LogLevel.Information, "This process now publishes the event log of {Service}.")]
    private partial void LogLeading(string service);

    [LoggerMessage(LogLevel.Warning, "Publishing the event log of {Service} was interrupted; it recovers automatically.")]
    private partial void LogInterrupted(string service, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Replaying past events of {Service} failed; it is retried.")]
    private partial void LogNotReplayed(string service, Exception exception);

    [LoggerMessage(LogLevel.Information, "Publishing the event log of {Service} has recovered.")]
    private partial void LogRecovered(string service);
}
