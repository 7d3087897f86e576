using System.Net;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.AppHost;

internal static class ServiceExtensions
{
    /// <summary>
    /// Adds a web project with a health check at <c>/health</c>. It runs in the AppHost's environment, and its port is set here, not in a launch profile.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, which service discovery uses.</param>
    /// <param name="port">The port. Null, the default, means any free port, for a service that no other one calls.</param>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(
        this IDistributedApplicationBuilder builder, string name, int? port = null)
        where TProject : IProjectMetadata, new()
    {
        var service = builder.AddProject<TProject>(name, launchProfileName: null)
            .WithHttpEndpoint(port: port)
            .WithUrlForEndpoint("http", url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .WithHttpHealthCheck("/health")
            .DisableForwardedHeaders(); // Services accept these headers only from Http:KnownProxies.

        return builder.ExecutionContext.IsRunMode
            ? service.WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
                .WithLocalProxies()
                .WithBuiltProgram(new TProject().ProjectPath)
            : service;
    }

    /// <summary>Adds a link to the API explorer, which services serve only in development.</summary>
    /// <param name="service">The service.</param>
    /// <param name="text">The link's text.</param>
    /// <param name="fragment">A fragment of the page's URL.</param>
    public static IResourceBuilder<ProjectResource> WithApiLink(
        this IResourceBuilder<ProjectResource> service, string text = "API", string fragment = "") =>
        service.ApplicationBuilder.Environment.IsDevelopment() ? service.WithLink($"/scalar{fragment}", text) : service;

    /// <summary>Passes the dashboard's address to a service, so that its pages can link to traces.</summary>
    public static IResourceBuilder<ProjectResource> WithDashboardAddress(this IResourceBuilder<ProjectResource> service, string variable)
    {
        var address = service.ApplicationBuilder.Configuration["ASPNETCORE_URLS"]?.Split(';')[0];
        return Uri.TryCreate(address, UriKind.Absolute, out var dashboard) && dashboard.Port > 0
            ? service.WithEnvironment(variable, dashboard.ToString())
            : service;
    }

    /// <summary>Adds a dashboard link to a page of the service.</summary>
    public static IResourceBuilder<ProjectResource> WithLink(this IResourceBuilder<ProjectResource> service, string path, string text) =>
        service.WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = path, DisplayText = text });

    /// <summary>
    /// Accepts forwarded headers from programs on this machine: the console forwards an operator's address at sign-in, and a local proxy that of
    /// its clients. The services listen on loopback, so only local programs can reach them.
    /// </summary>
    private static IResourceBuilder<ProjectResource> WithLocalProxies(this IResourceBuilder<ProjectResource> service) => service
        .WithEnvironment("Http__KnownProxies__0", IPAddress.Loopback.ToString())
        .WithEnvironment("Http__KnownProxies__1", IPAddress.IPv6Loopback.ToString());

    /// <summary>
    /// Starts the program that was built together with the AppHost. Aspire's default, <c>dotnet run --no-build</c>, evaluates the project again
    /// at each start (about 5 s of CPU time) and stays in memory beside the service (130 MB).
    /// Debuggers and <c>dotnet watch</c> start services in their own way.
    /// </summary>
    private static IResourceBuilder<ProjectResource> WithBuiltProgram(this IResourceBuilder<ProjectResource> service, string project)
    {
        var configuration = service.ApplicationBuilder.Configuration;
        if (configuration["DOTNET_WATCH"] is not null || configuration["DEBUG_SESSION_PORT"] is not null)
            return service;

        // bin/Debug/net10.0: the same configuration and framework as the AppHost.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var folder = Path.GetDirectoryName(project)!;
        var program = Path.Combine(folder, "bin", framework.Parent!.Name, framework.Name, Path.GetFileNameWithoutExtension(project))
            + (OperatingSystem.IsWindows() ? ".exe" : "");
        return File.Exists(program)
            ? service.WithAnnotation(new ExecutableAnnotation { Command = program, WorkingDirectory = folder })
            : service;
    }
}
