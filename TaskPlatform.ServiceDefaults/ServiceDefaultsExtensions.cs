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

/// <summary>Defaults that all services share.</summary>
public static class ServiceDefaultsExtensions
{
    private const long MaxRequestBytes = 64 * 1024;

    /// <summary>Adds telemetry, health checks, known proxies, service discovery and resilience for HTTP clients, JSON in snake_case, errors as ProblemDetails, and limits.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        // Lowest precedence, so that every other source can override it.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "Warning",
                // Failures there surface as exceptions, which the caller expects or logs itself.
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

    /// <summary>Adds the middleware. Call it before mapping the service's own endpoints.</summary>
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
