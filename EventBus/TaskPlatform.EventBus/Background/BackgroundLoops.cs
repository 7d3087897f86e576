using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Runs loops for the lifetime of the process. A failing step is reported once and repeated with back-off until it succeeds.</summary>
internal sealed partial class BackgroundLoops(BusHealth health, TimeProvider clock, ILogger<BackgroundLoops> logger)
{
    /// <summary>Runs a step repeatedly, with a delay in between. Without a delay, each iteration is a heartbeat, whose absence is unhealthy.</summary>
    /// <param name="name">Identifies the loop in logs and health reports.</param>
    /// <param name="step">The work of one iteration; it may throw any exception.</param>
    /// <param name="interval">The delay after a successful step.</param>
    /// <param name="stoppingToken">Stops the loop.</param>
    public async Task RunAsync(string name, Func<CancellationToken, Task> step, TimeSpan interval, CancellationToken stoppingToken)
    {
        var backOff = new BackOff(clock);
        while (!stoppingToken.IsCancellationRequested)
        {
            if (interval == TimeSpan.Zero)
                health.Heartbeat(name);
            try
            {
                await step(stoppingToken);
                backOff.Reset();
                if (health.Recovered(name))
                    LogRecovered(name);
                if (interval > TimeSpan.Zero)
                    await Task.Delay(interval, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                Report(name, e);
                await backOff.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        health.Ended(name);
    }

    /// <summary>Runs a step once when the process stops. If the transport is unavailable, that is logged and the step is skipped.</summary>
    public async Task TryOnceAsync(string name, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (EventTransportUnavailableException e)
        {
            LogUnavailable(name, e.InnerException!.Message);
        }
    }

    private void Report(string name, Exception exception)
    {
        var reason = exception is EventTransportUnavailableException { InnerException: { } inner } ? inner.Message : exception.Message;
        if (!health.Blocked(name, reason))
            return;
        if (exception is EventTransportUnavailableException)
            LogUnavailable(name, reason);
        else
            LogInterrupted(name, exception);
    }

    [LoggerMessage(LogLevel.Warning, "{Loop}: the transport is unavailable; recovery is automatic: {Error}")]
    private partial void LogUnavailable(string loop, string error);

    [LoggerMessage(LogLevel.Warning, "{Loop} was interrupted; recovery is automatic.")]
    private partial void LogInterrupted(string loop, Exception exception);

    [LoggerMessage(LogLevel.Information, "{Loop} has recovered.")]
    private partial void LogRecovered(string loop);
}
