using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project with the endpoints and the environment of the launch profile that the AppHost itself was started with.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        ArgumentNullException.ThrowIfNull(builder);

        return Add(builder, name, new TProject(), profiles =>
            profiles.GetValueOrDefault(builder.Configuration["DOTNET_LAUNCH_PROFILE"] ?? string.Empty)
            ?? profiles.Values.FirstOrDefault(profile => profile.CommandName == "Project"));
    }

    /// <summary>Adds a project with the endpoints and the environment of that launch profile; none where it is null.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() =>
        Add(builder, name, new TProject(), profiles => launchProfileName is null
            ? null
            : profiles.GetValueOrDefault(launchProfileName)
                ?? throw new DistributedApplicationException($"Project '{name}' has no launch profile '{launchProfileName}'."));

    /// <summary>Starts the project that many times; the instances share its endpoints.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(replicas);

        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    private static IResourceBuilder<ProjectResource> Add(
        IDistributedApplicationBuilder builder,
        string name,
        IProjectMetadata project,
        Func<Dictionary<string, LaunchProfile>, LaunchProfile?> choose)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var resource = builder
            .AddResource(new ProjectResource(name))
            .WithAnnotation(project)
            .WithEnvironment(context => Otlp.AddTo(context, builder.Configuration, builder.Environment.IsDevelopment()))
            .WithEnvironment(AddUrls);

        var settings = LaunchSettings.OfProject(Path.GetDirectoryName(project.ProjectPath)!);

        if (settings is not null && choose(settings.Profiles) is { } profile)
            Apply(profile, resource);

        return resource;
    }

    private static void Apply(LaunchProfile profile, IResourceBuilder<ProjectResource> resource)
    {
        foreach (var url in profile.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var address = new Uri(url);
            resource.WithEndpoint(port: address.Port, scheme: address.Scheme);
        }

        foreach (var (variable, value) in profile.EnvironmentVariables)
            resource.WithEnvironment(variable, value);
    }

    private static void AddUrls(EnvironmentCallbackContext context)
    {
        var urls = ((ProjectResource)context.Resource).GetEndpoints()
            .Where(endpoint => endpoint.Scheme is "http" or "https")
            .Select(endpoint => ReferenceExpression.Create(
                $"{endpoint.Scheme}://{endpoint.EndpointAnnotation.TargetHost}:{endpoint.Property(EndpointProperty.TargetPort)}"))
            .ToList();

        if (urls.Count > 0)
            context.EnvironmentVariables["ASPNETCORE_URLS"] = ReferenceExpression.Join(";", urls);
    }
}
