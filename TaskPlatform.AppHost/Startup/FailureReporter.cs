using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.AppHost.Startup;

/// <summary>
/// Reports on the console why a server or service isn't running, with its last output. Otherwise resources that depend on it would wait
/// without any message. The dashboard shows the same as the resource's state, health and console log.
/// </summary>
internal sealed partial class FailureReporter(
    ResourceNotificationService notifications, ResourceLoggerService logs, TimeProvider clock, ILogger<FailureReporter> logger) : BackgroundService
{
    private const int QuotedLines = 5;

    /// <summary>The prefix of lines that Aspire's orchestrator adds to a resource's output.</summary>
    private const string OrchestratorPrefix = "[sys]";

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long a process may run without being healthy. Creating a Postgres cluster takes about 5 s; four services on a busy machine take 20 s.</summary>
    private static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, ResourceEvent> current = new();
    private readonly Dictionary<string, string> reported = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(FollowAsync(stoppingToken), ReportAsync(stoppingToken));

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in notifications.WatchAsync(stoppingToken))
            if (change.Resource is ExecutableResource or ProjectResource or ContainerResource)
                current[change.ResourceId] = change;
    }

    private async Task ReportAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var (id, resource) in current)
                await ReportAsync(id, resource, stoppingToken);
    }

    private async Task ReportAsync(string id, ResourceEvent resource, CancellationToken stoppingToken)
    {
        if (ProblemOf(resource.Snapshot) is not { } problem)
        {
            if (reported.Remove(id))
                LogRecovered(resource.Resource.Name);
        }
        else if (reported.TryAdd(id, problem))
        {
            LogProblem(resource.Resource.Name, problem, await LastLinesAsync(id, stoppingToken));
        }
    }

    private string? ProblemOf(CustomResourceSnapshot snapshot)
    {
        if (snapshot.State?.Text == KnownResourceStates.FailedToStart)
            return "failed to start";
        if (KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text))
            return snapshot.ExitCode is { } code and not 0 ? $"ended with exit code {code}" : null;
        if (snapshot.State?.Text != KnownResourceStates.Running || snapshot.HealthStatus == HealthStatus.Healthy)
            return null;

        var unhealthy = snapshot.HealthReports.Where(report => report.Status != HealthStatus.Healthy).Select(report => report.Description ?? report.Name);
        return clock.GetUtcNow().UtcDateTime - snapshot.StartTimeStamp > HealthLimit ? $"is not healthy: {string.Join(" ", unhealthy)}" : null;
    }

    private async Task<string> LastLinesAsync(string id, CancellationToken stoppingToken)
    {
        try
        {
            var lines = await QuoteAsync(id, stoppingToken);
            return lines.Count > 0 ? $". Last output:\n  {string.Join("\n  ", lines)}" : ".";
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            // For example, the orchestrator has already removed the process. The problem itself must still be reported.
            return $". Its output can't be read: {failure.Message}";
        }
    }

    private async Task<Queue<string>> QuoteAsync(string id, CancellationToken stoppingToken)
    {
        var lines = new Queue<string>();
        await foreach (var page in logs.GetAllAsync(id).WithCancellation(stoppingToken))
            foreach (var line in page.Where(line => !line.Content.Contains(OrchestratorPrefix, StringComparison.Ordinal)))
            {
                lines.Enqueue(line.Content);
                if (lines.Count > QuotedLines)
                    lines.Dequeue();
            }

        return lines;
    }

    [LoggerMessage(LogLevel.Error, "{Resource} {Problem}{LastOutput}")]
    private partial void LogProblem(string resource, string problem, string lastOutput);

    [LoggerMessage(LogLevel.Information, "{Resource} has recovered.")]
    private partial void LogRecovered(string resource);
}
