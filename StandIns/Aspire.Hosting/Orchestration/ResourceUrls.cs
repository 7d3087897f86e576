using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The links of a resource: one for each endpoint, changed and added to as its annotations say.</summary>
internal static class ResourceUrls
{
    /// <summary>Inactive ones, as long as nobody answers there.</summary>
    public static async Task<ImmutableArray<UrlSnapshot>> OfAsync(
        IResource resource, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        var endpoints = resource is IResourceWithEndpoints withEndpoints ? withEndpoints.GetEndpoints() : [];
        var context = new ResourceUrlsCallbackContext(
            execution,
            resource,
            [.. endpoints.Select(endpoint => new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint })],
            cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
            await annotation.Callback(context);

        return [.. context.Urls.Select(Describe)];
    }

    public static ImmutableArray<UrlSnapshot> Activated(this ImmutableArray<UrlSnapshot> urls, bool isActive) =>
        [.. urls.Select(url => url with { IsInactive = !isActive })];

    private static UrlSnapshot Describe(ResourceUrlAnnotation url) =>
        new(url.Endpoint?.EndpointName, Absolute(url), url.DisplayLocation == UrlDisplayLocation.DetailsOnly)
        {
            IsInactive = true,
            DisplayProperties = new UrlDisplayPropertiesSnapshot(url.DisplayText ?? ""),
        };

    private static string Absolute(ResourceUrlAnnotation url) =>
        url.Url.StartsWith('/') && url.Endpoint is { } endpoint ? endpoint.Url + url.Url : url.Url;
}
