using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Runs what goes on in the background for as long as the process lives. A step that fails is reported once, and repeated after a back-off until it succeeds.</summary>
internal sealed partial class BackgroundLoops(BusHealth health, ILogger<BackgroundLoops> logger)
{
    /// <summary>Runs a step, then waits for the interval, again and again. Without an interval the loop must come round often, and is unhealthy where it does not.</summary>
    /// <param name="name">Identifies the loop in logs and health reports.</param>
    /// <param name="step">What to do; it may throw anything.</param>
    /// <param name="interval">The wait after a step that succeeded.</param>
    /// <param name="stoppingToken">Ends the loop.</param>
    public async Task RunAsync(string name, Func<CancellationToken, Task> step, TimeSpan interval, CancellationToken stoppingToken)
    {
        var backOff = new BackOff();
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
                    await Task.Delay(interval, stoppingToken);
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

    /// <summary>Runs a step once, at the end of a process; where the transport can't be reached, that is logged, and the others wait for what it would have done.</summary>
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
