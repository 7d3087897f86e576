using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.AppHost.Startup;

/// <summary>Prints the addresses of the dashboard and the services' pages once all services are healthy.</summary>
internal sealed partial class StartupSummary(
    DistributedApplicationModel model, ResourceNotificationService notifications, IConfiguration configuration, ILogger<StartupSummary> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lines = new List<string>();
        foreach (var service in model.Resources.OfType<ProjectResource>())
        {
            var running = await notifications.WaitForResourceHealthyAsync(
                service.Name, WaitBehavior.WaitOnResourceUnavailable, stoppingToken);
            lines.AddRange(running.Snapshot.Urls
                .Where(url => !url.IsInactive && url.DisplayProperties.DisplayName.Length > 0)
                .Select(url => Line($"{service.Name}: {url.DisplayProperties.DisplayName}", url.Url)));
        }

        if (configuration["ASPNETCORE_URLS"]?.Split(';')[0] is { Length: > 0 } dashboard)
            lines.Insert(0, Line("Dashboard", configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? $"{dashboard}/login?t={token}" : dashboard));

        LogUp(string.Join("\n", lines));
    }

    private static string Line(string name, string url) => $"  {name,-24} {url}";

    [LoggerMessage(LogLevel.Information, "TaskPlatform is up.\n{Pages}")]
    private partial void LogUp(string pages);
}
