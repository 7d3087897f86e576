using System.Text.Json;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Admin;
using TaskPlatform.EventBus.Dashboard.Console;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Adds the admin API and the operators' console to an ASP.NET Core application that uses the event bus.</summary>
public static class EventBusDashboardExtensions
{
    /// <summary>
    /// Adds the services of the API and the console, the job runner, and the writer of the charts' samples. The host must also register an
    /// <see cref="IOperatorAuthenticator"/>.
    /// </summary>
    /// <typeparam name="TDb">The context with the dashboard's tables: its model calls <c>AddEventBusDashboard</c>.</typeparam>
    /// <param name="builder">The application, which also calls <c>AddEventBus</c>.</param>
    /// <param name="configure">Sets the options; <see cref="EventBusDashboardOptions.FindEventLog"/> is required.</param>
    public static WebApplicationBuilder AddEventBusDashboard<TDb>(this WebApplicationBuilder builder, Action<EventBusDashboardOptions> configure)
        where TDb : DbContext, IDataProtectionKeyContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<EventBusDashboardOptions>().Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddScoped(provider => new DashboardDb(provider.GetRequiredService<TDb>()));
        builder.Services.AddAdministration();
        builder.AddConsole<TDb>();
        return builder;
    }

    /// <summary>
    /// Adds the middleware and the endpoints of the API below <c>/admin</c> and the console below <c>/console</c>. Must come after
    /// authentication and authorization.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="authorize">Configures who can use the dashboard; <see cref="EventBusDashboardAuthorization.ApiPolicy"/> is required.</param>
    /// <exception cref="InvalidOperationException">A service or setting that the host must provide is missing; the message names it.</exception>
    public static WebApplication MapEventBusDashboard(this WebApplication app, Action<EventBusDashboardAuthorization> authorize)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(authorize);
        var authorization = new EventBusDashboardAuthorization();
        authorize(authorization);
        if (string.IsNullOrWhiteSpace(authorization.ApiPolicy))
            throw new InvalidOperationException($"MapEventBusDashboard: set {nameof(authorization.ApiPolicy)} to the name of an authorization policy.");
        RequireHost(app.Services);

        app.UseConsole();
        app.MapAdminEndpoints(authorization.ApiPolicy);
        app.MapConsole(authorization.ConsolePolicy);
        return app;
    }

    private static void RequireHost(IServiceProvider services)
    {
        if (!services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(IOperatorAuthenticator)))
            throw new InvalidOperationException($"MapEventBusDashboard: register a service {nameof(IOperatorAuthenticator)}, which signs operators in.");

        // The documented API and the console's script use snake_case.
        if (services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.PropertyNamingPolicy != JsonNamingPolicy.SnakeCaseLower)
        {
            throw new InvalidOperationException(
                $"MapEventBusDashboard: set {nameof(JsonSerializerOptions.PropertyNamingPolicy)} to SnakeCaseLower with ConfigureHttpJsonOptions.");
        }
    }
}
