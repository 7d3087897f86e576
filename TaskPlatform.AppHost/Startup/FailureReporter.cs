using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.AppHost.Startup;

/// <summary>
/// Reports on the console why a server or service does not run, with what it wrote last. Without it whatever waits for that
/// resource would wait silently. The dashboard shows the same as the resource's state, health and console log.
/// </summary>
internal sealed partial class FailureReporter(
    ResourceNotificationService notifications, ResourceLoggerService logs, TimeProvider clock, ILogger<FailureReporter> logger) : BackgroundService
{
    private const int QuotedLines = 5;

    /// <summary>What begins the lines that Aspire's orchestrator adds to a resource's own output.</summary>
    private const string OrchestratorMark = "[sys]";

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long a process may run without being healthy. A Postgres that creates its cluster takes about 5 s; a busy machine starts four services in 20.</summary>
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
            return lines.Count > 0 ? $". Its last output:\n  {string.Join("\n  ", lines)}" : ".";
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            // The orchestrator has removed the process meanwhile, say. The problem is reported all the same.
            return $". Its output can't be read: {failure.Message}";
        }
    }

    private async Task<Queue<string>> QuoteAsync(string id, CancellationToken stoppingToken)
    {
        var lines = new Queue<string>();
        await foreach (var page in logs.GetAllAsync(id).WithCancellation(stoppingToken))
            foreach (var line in page.Where(line => !line.Content.Contains(OrchestratorMark, StringComparison.Ordinal)))
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
