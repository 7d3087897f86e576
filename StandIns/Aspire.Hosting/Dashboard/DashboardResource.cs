using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.ResourceService;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dashboard;

/// <summary>The official dashboard, run as one more process of the application.</summary>
internal sealed class DashboardResource(string command) : ExecutableResource("aspire-dashboard", command, Path.GetDirectoryName(command)!)
{
    public const string OtlpGrpc = "otlp-grpc";
    private const string OtlpHttp = "otlp-http";

    private static readonly CustomResourceSnapshot Hidden = new() { ResourceType = "Executable", Properties = [], IsHidden = true };

    public static void AddTo(IDistributedApplicationBuilder builder, DistributedApplicationOptions options)
    {
        var command = DashboardPath(builder);

        if (!File.Exists(command))
        {
            builder.OnBeforeStart((start, _) =>
            {
                Log.DashboardMissing(start.Services.GetRequiredService<ILogger<DistributedApplication>>(), command);
                return Task.CompletedTask;
            });
            return;
        }

        var configuration = builder.Configuration;
        var applicationName = options.DashboardApplicationName ?? builder.Environment.ApplicationName;
        var dashboard = builder.AddResource(new DashboardResource(command))
            .WithArgs("dashboard")
            .WithHttpEndpoint(PortOf(configuration["ASPNETCORE_URLS"]))
            .WithHttpEndpoint(PortOf(Setting(configuration, "DASHBOARD_OTLP_ENDPOINT_URL")), name: OtlpGrpc)
            .WithHttpEndpoint(PortOf(Setting(configuration, "DASHBOARD_OTLP_HTTP_ENDPOINT_URL")), name: OtlpHttp)
            .WithHttpHealthCheck("/login")
            .WithEnvironment(context => AddSettings(context, configuration, applicationName))
            .WithAnnotation(new ResourceSnapshotAnnotation(Hidden))
            .OnResourceReady((resource, ready, _) =>
            {
                Announce(resource, configuration, ready.Services.GetRequiredService<ILogger<DistributedApplication>>());
                return Task.CompletedTask;
            });

        builder.Services.AddSingleton<ResourceServiceHost>();
        builder.OnBeforeStart((start, cancellationToken) =>
            AddResourceServiceAsync(dashboard, start.Services.GetRequiredService<ResourceServiceHost>(), cancellationToken));

        foreach (var project in builder.Resources.OfType<ProjectResource>())
            project.Annotations.Add(new TelemetryTargetAnnotation(dashboard.Resource));
    }

    /// <summary>Where <c>./run</c> put it: below the checkout's data folder, or the one that TASKPLATFORM_DATA names.</summary>
    private static string DashboardPath(IDistributedApplicationBuilder builder) =>
        builder.Configuration["TASKPLATFORM_DATA"] is { Length: > 0 } data
            ? Path.Combine(data, "dashboard", "bundle", "managed", "aspire-managed")
            : AppHostMetadata.Read(builder.AppHostAssembly, "aspiredashboardpath") ?? "aspire-managed";

    private static void AddSettings(EnvironmentCallbackContext context, ConfigurationManager configuration, string applicationName)
    {
        var variables = context.EnvironmentVariables;
        var dashboard = (DashboardResource)context.Resource;

        variables["ASPNETCORE_ENVIRONMENT"] = "Production";
        variables["ASPNETCORE_URLS"] = dashboard.GetEndpoint("http");
        variables["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = dashboard.GetEndpoint(OtlpGrpc);
        variables["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = dashboard.GetEndpoint(OtlpHttp);
        variables["DASHBOARD__FRONTEND__AUTHMODE"] = "BrowserToken";
        variables["DASHBOARD__FRONTEND__BROWSERTOKEN"] = configuration[AppHostSecrets.BrowserToken]!;
        variables["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey";
        variables["DASHBOARD__OTLP__PRIMARYAPIKEY"] = configuration[AppHostSecrets.OtlpApiKey]!;
        variables["DASHBOARD__API__AUTHMODE"] = "ApiKey";
        variables["DASHBOARD__API__PRIMARYAPIKEY"] = configuration[AppHostSecrets.DashboardApiKey]!;
        variables["DASHBOARD__API__ENABLED"] = "true";
        variables["DASHBOARD__APPLICATIONNAME"] = applicationName;
        variables["ASPIRE_CLI_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task AddResourceServiceAsync(
        IResourceBuilder<DashboardResource> dashboard, ResourceServiceHost service, CancellationToken cancellationToken)
    {
        await service.StartAsync(cancellationToken);
        dashboard
            .WithEnvironment("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", service.Url)
            .WithEnvironment("DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE", "ApiKey")
            .WithEnvironment("DASHBOARD__RESOURCESERVICECLIENT__APIKEY", service.Key);
    }

    private static void Announce(DashboardResource dashboard, ConfigurationManager configuration, ILogger logger)
    {
        var url = dashboard.GetEndpoint("http").Url;
        var login = $"{url}/login?t={configuration[AppHostSecrets.BrowserToken]}";
        Log.DashboardListening(logger, url);
        Log.DashboardLogin(logger, login);
    }

    private static string? Setting(ConfigurationManager configuration, string name) =>
        configuration[$"ASPIRE_{name}"] ?? configuration[$"DOTNET_{name}"];

    private static int? PortOf(string? urls) => urls is { Length: > 0 } ? new Uri(urls.Split(';')[0]).Port : null;
}
