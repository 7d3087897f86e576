using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Starts the resource only once the other one runs and is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => Waiting(builder, dependency, WaitType.WaitUntilHealthy);

    public static IResourceBuilder<T> WaitFor<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => Waiting(builder, dependency, WaitType.WaitUntilHealthy, waitBehavior);

    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => Waiting(builder, dependency, WaitType.WaitUntilStarted);

    /// <summary>Starts the resource only once the other one has exited, with that code.</summary>
    public static IResourceBuilder<T> WaitForCompletion<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport => Waiting(builder, dependency, WaitType.WaitForCompletion, exitCode: exitCode);

    /// <summary>Leaves the resource alone until somebody executes its start command.</summary>
    public static IResourceBuilder<T> WithExplicitStart<T>(this IResourceBuilder<T> builder)
        where T : IResource => Annotated(builder, new ExplicitStartupAnnotation());

    /// <param name="builder">The resource.</param>
    /// <param name="key">The name of a health check in the builder's services.</param>
    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
        where T : IResource => Annotated(builder, new HealthCheckAnnotation(key));

    /// <summary>The resource is healthy while a GET of that path answers with that status, 200 by default.</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);

        var name = endpointName ?? (FindEndpoint(builder, "http") is null ? "https" : "http");
        var key = $"{builder.Resource.Name}_{name}_{path ?? "/"}_{statusCode ?? 200}_check";
        var check = new HttpEndpointHealthCheck(builder.GetEndpoint(name), path ?? "/", statusCode ?? 200);

        builder.ApplicationBuilder.Services.AddHealthChecks().AddCheck(key, check);

        return builder.WithHealthCheck(key);
    }

    private static IResourceBuilder<T> Waiting<T>(
        IResourceBuilder<T> builder,
        IResourceBuilder<IResource> dependency,
        WaitType waitType,
        WaitBehavior? waitBehavior = null,
        int exitCode = 0)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(dependency);

        return Annotated(builder, new WaitAnnotation(dependency.Resource, waitType, exitCode) { WaitBehavior = waitBehavior })
            .WithRelationship(dependency.Resource, "WaitFor");
    }
}
