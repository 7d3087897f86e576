using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.ServiceDefaults.Health;

/// <summary><c>/alive</c> reports whether the process responds, <c>/health</c> whether its dependencies respond too.</summary>
internal static class HealthEndpoints
{
    private const string Alive = "/alive";
    private const string Health = "/health";
    private const string LiveTag = "live";

    // Probes time out quickly, so a slow check counts as unhealthy.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    public static void AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var check in options.Registrations.Where(check => check.Timeout == Timeout.InfiniteTimeSpan))
                check.Timeout = Limit;
        });
    }

    public static void MapHealth(this WebApplication app)
    {
        var options = new HealthCheckOptions();
        if (app.Environment.IsDevelopment())
            options.ResponseWriter = WriteDetails;

        app.MapHealthChecks(Health, options).AllowAnonymous();
        app.MapHealthChecks(Alive, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) }).AllowAnonymous();
    }

    public static bool IsProbe(PathString path) => path.StartsWithSegments(Alive) || path.StartsWithSegments(Health);

    private static Task WriteDetails(HttpContext context, HealthReport report)
        => context.Response.WriteAsJsonAsync(
            new
            {
                Status = report.Status.ToString(),
                Checks = report.Entries.ToDictionary(
                    check => check.Key,
                    check => new { Status = check.Value.Status.ToString(), check.Value.Description, Error = check.Value.Exception?.Message }),
            },
            JsonSerializerOptions.Web,
            contentType: null,
            context.RequestAborted);
}
