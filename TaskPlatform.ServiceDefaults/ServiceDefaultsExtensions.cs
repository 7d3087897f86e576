using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.ServiceDefaults.Health;
using TaskPlatform.ServiceDefaults.Http;
using TaskPlatform.ServiceDefaults.Json;
using TaskPlatform.ServiceDefaults.OpenApi;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Telemetry;

namespace TaskPlatform.ServiceDefaults;

/// <summary>What every service has.</summary>
public static class ServiceDefaultsExtensions
{
    private const long MaxRequestBytes = 64 * 1024;

    /// <summary>Adds telemetry, health checks, known proxies, service discovery and resilience for HTTP clients, JSON in snake_case, errors as ProblemDetails, and limits.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        // Below every other source, so that any of them can say otherwise.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "Warning",
                // What fails there is an exception of whoever asked: often expected, else logged by the one who gives up.
                ["Logging:LogLevel:Microsoft.AspNetCore.Authentication"] = "Critical",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore.Database"] = "Critical",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore.Query"] = "Critical",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore.Update"] = "Critical",
                ["Logging:LogLevel:StackExchange.Redis"] = "Warning",
                ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
                ["Logging:LogLevel:Polly"] = "Warning",
            },
        });

        builder.AddTelemetry();
        builder.AddHealth();
        builder.AddForwardedClients();
        builder.AddHttpClients();
        builder.AddJson();
        builder.AddProblems();
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        return builder;
    }

    /// <summary>Puts it to work. Comes before the service's own endpoints.</summary>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseProblems();
        app.UseReadableRequests();
        app.UseHeadRequests();
        app.UseRouting();
        if (app.Services.GetService<IAuthenticationSchemeProvider>() is not null)
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }

        app.MapHealth();
        app.MapOpenApiIfAdded();
        return app;
    }
}
