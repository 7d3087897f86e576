using System.Net;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.AppHost;

internal static class ServiceExtensions
{
    /// <summary>
    /// A web project that answers at <c>/health</c>. It runs in the AppHost's environment, at a port that stands in the AppHost.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name by which others find it.</param>
    /// <param name="port">Null, the default, takes any free port, for a service that nobody calls.</param>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(
        this IDistributedApplicationBuilder builder, string name, int? port = null)
        where TProject : IProjectMetadata, new()
    {
        var service = builder.AddProject<TProject>(name, launchProfileName: null)
            .WithHttpEndpoint(port: port)
            .WithUrlForEndpoint("http", url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .WithHttpHealthCheck("/health")
            .DisableForwardedHeaders(); // Services believe those of Http:KnownProxies only.

        return builder.ExecutionContext.IsRunMode
            ? service.WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
                .WithLocalProxies()
                .WithBuiltProgram(new TProject().ProjectPath)
            : service;
    }

    /// <summary>A link to the page on which the API can be tried. Services serve it in development only.</summary>
    /// <param name="service">The service.</param>
    /// <param name="text">The link's text.</param>
    /// <param name="fragment">A place on the page.</param>
    public static IResourceBuilder<ProjectResource> WithApiLink(
        this IResourceBuilder<ProjectResource> service, string text = "API", string fragment = "") =>
        service.ApplicationBuilder.Environment.IsDevelopment() ? service.WithLink($"/scalar{fragment}", text) : service;

    /// <summary>Tells a service where the dashboard is, so that its pages can link to traces there.</summary>
    public static IResourceBuilder<ProjectResource> WithDashboardAddress(this IResourceBuilder<ProjectResource> service, string variable)
    {
        var address = service.ApplicationBuilder.Configuration["ASPNETCORE_URLS"]?.Split(';')[0];
        return Uri.TryCreate(address, UriKind.Absolute, out var dashboard) && dashboard.Port > 0
            ? service.WithEnvironment(variable, dashboard.ToString())
            : service;
    }

    /// <summary>A link on the dashboard to a page of the service.</summary>
    public static IResourceBuilder<ProjectResource> WithLink(this IResourceBuilder<ProjectResource> service, string path, string text) =>
        service.WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = path, DisplayText = text });

    /// <summary>
    /// Lets the programs of this machine say for whom they ask: the console does so when it signs an operator in, and a proxy in front of a service.
    /// Nothing else reaches the services, which listen on loopback.
    /// </summary>
    private static IResourceBuilder<ProjectResource> WithLocalProxies(this IResourceBuilder<ProjectResource> service) => service
        .WithEnvironment("Http__KnownProxies__0", IPAddress.Loopback.ToString())
        .WithEnvironment("Http__KnownProxies__1", IPAddress.IPv6Loopback.ToString());

    /// <summary>
    /// Starts the program that was built together with the AppHost. Aspire's default, <c>dotnet run --no-build</c>, evaluates the project once
    /// more at each start (about 5 s of CPU time) and stays in memory beside the service (130 MB).
    /// Debuggers and <c>dotnet watch</c> start services their own way.
    /// </summary>
    private static IResourceBuilder<ProjectResource> WithBuiltProgram(this IResourceBuilder<ProjectResource> service, string project)
    {
        var configuration = service.ApplicationBuilder.Configuration;
        if (configuration["DOTNET_WATCH"] is not null || configuration["DEBUG_SESSION_PORT"] is not null)
            return service;

        // bin/Debug/net10.0, as for the AppHost itself.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var folder = Path.GetDirectoryName(project)!;
        var program = Path.Combine(folder, "bin", framework.Parent!.Name, framework.Name, Path.GetFileNameWithoutExtension(project))
            + (OperatingSystem.IsWindows() ? ".exe" : "");
        return File.Exists(program)
            ? service.WithAnnotation(new ExecutableAnnotation { Command = program, WorkingDirectory = folder })
            : service;
    }
}
