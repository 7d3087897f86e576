using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>
/// Runs the background roles of a process. Whatever a step throws is reported once, in the log and in the health of the bus, and the step is repeated
/// with back-off until it succeeds. <c>AddEventBus</c> registers it; transports, stores and services use it for their own roles.
/// </summary>
/// <param name="health">Receives problems, recoveries and heartbeats.</param>
/// <param name="clock">The clock of intervals and back-off.</param>
/// <param name="logger">Receives interruptions and recoveries.</param>
public sealed partial class BackgroundLoops(BusHealth health, TimeProvider clock, ILogger<BackgroundLoops> logger)
{
    /// <summary>Runs a role that waits for its <see cref="BackgroundRole.Interval"/> after each step.</summary>
    /// <param name="role">The role.</param>
    /// <param name="step">The work of one iteration. It may throw any exception.</param>
    /// <param name="stoppingToken">Ends the role; the step in progress receives it.</param>
    /// <returns>A task that completes, without an exception, when the role has ended.</returns>
    public Task RunAsync(BackgroundRole role, Func<CancellationToken, Task> step, CancellationToken stoppingToken)
    {
        ArgumentNullException.ThrowIfNull(role);
        ArgumentNullException.ThrowIfNull(step);
        return RunAsync(role, StepAsync, stoppingToken);

        async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
        {
            await step(cancellationToken);
            return role.Interval;
        }
    }

    /// <summary>Runs a role whose step returns how long to wait until the next one; zero for no wait.</summary>
    /// <inheritdoc cref="RunAsync(BackgroundRole, Func{CancellationToken, Task}, CancellationToken)"/>
    public async Task RunAsync(BackgroundRole role, Func<CancellationToken, Task<TimeSpan>> step, CancellationToken stoppingToken)
    {
        ArgumentNullException.ThrowIfNull(role);
        ArgumentNullException.ThrowIfNull(step);
        var backOff = new BackOff(clock);
        try
        {
            if (role.WaitsFirst)
                await WaitAsync(role, role.Interval, stoppingToken);
            while (!stoppingToken.IsCancellationRequested)
            {
                if (role.HasHeartbeat)
                    health.Heartbeat(role.Name);
                try
                {
                    TimeSpan wait;
                    using (UntracedWork.Begin())
                        wait = await step(stoppingToken);
                    backOff.Reset();
                    ReportRecovered(role);
                    await WaitAsync(role, wait, stoppingToken);
                }
                catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
                {
                    break;
                }
                catch (Exception e)
                {
                    ReportBlocked(role, e);
                    await backOff.WaitAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process is stopping while the role waits.
        }
        finally
        {
            health.Ended(role.Name);
        }
    }

    /// <summary>Runs a step once when the process stops. If the transport is unavailable, that is logged and the step is skipped.</summary>
    /// <param name="name">Identifies the step in logs.</param>
    /// <param name="step">The work; any other exception than <see cref="EventTransportUnavailableException"/> is thrown to the caller.</param>
    public async Task TryOnceAsync(string name, Func<Task> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        try
        {
            using var untraced = UntracedWork.Begin();
            await step();
        }
        catch (EventTransportUnavailableException e)
        {
            LogUnavailable(LogLevel.Warning, name, e.InnerException!.Message);
        }
    }

    private Task WaitAsync(BackgroundRole role, TimeSpan wait, CancellationToken stoppingToken)
    {
        if (wait <= TimeSpan.Zero)
            return Task.CompletedTask;
        return role.Signal is { } signal ? signal.WaitAsync(wait, stoppingToken) : Task.Delay(wait, clock, stoppingToken);
    }

    private void ReportBlocked(BackgroundRole role, Exception exception)
    {
        var unavailable = exception as EventTransportUnavailableException;
        var reason = unavailable?.InnerException?.Message ?? exception.Message;
        if (!health.Blocked(role.Name, reason))
            return;
        if (unavailable is not null)
            LogUnavailable(role.LogLevel ?? LogLevel.Warning, role.Name, reason);
        else
            LogInterrupted(role.LogLevel ?? LogLevel.Warning, role.Name, exception);
    }

    private void ReportRecovered(BackgroundRole role)
    {
        if (health.Recovered(role.Name))
            LogRecovered(role.LogLevel ?? LogLevel.Information, role.Name);
    }

    [LoggerMessage("{Role}: the transport is unavailable; recovery is automatic: {Error}")]
    private partial void LogUnavailable(LogLevel level, string role, string error);

    [LoggerMessage("{Role} was interrupted; recovery is automatic.")]
    private partial void LogInterrupted(LogLevel level, string role, Exception exception);

    [LoggerMessage("{Role} has recovered.")]
    private partial void LogRecovered(LogLevel level, string role);
}
