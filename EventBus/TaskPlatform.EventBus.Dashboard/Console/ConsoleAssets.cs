using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.AspNetCore.StaticAssets.Infrastructure;
using Microsoft.Extensions.FileProviders;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>The style sheet, the script and the icon in <c>wwwroot</c>, which are static assets of the host at <c>/console/assets</c>.</summary>
internal static class ConsoleAssets
{
    private const string Label = "label";
    private const string Folder = "console/assets/";

    /// <summary>Locates the files in every environment and working directory.</summary>
    public static void Locate(WebApplicationBuilder builder)
    {
        var published = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (Directory.Exists(published))
            builder.Environment.WebRootFileProvider = new PhysicalFileProvider(published);
        else
            builder.WebHost.UseStaticWebAssets();

        // Serve only files that the build knows.
        builder.Configuration["DisableStaticAssetNotFoundRuntimeFallback"] = "true";
    }

    /// <summary>Maps the host's static assets, and allows anonymous access to those of the console.</summary>
    public static void Map(IEndpointRouteBuilder app) => app.MapStaticAssets().Add(asset =>
    {
        if (asset is RouteEndpointBuilder { RoutePattern.RawText: { } route } && route.TrimStart('/').StartsWith(Folder, StringComparison.Ordinal))
            asset.Metadata.Add(new AllowAnonymousAttribute());
    });

    /// <summary>
    /// Makes the fingerprinted address of each file available to pages as <c>@Assets["…"]</c>. The framework does this only for routable components.
    /// </summary>
    public static TBuilder WithConsoleAssets<TBuilder>(this TBuilder pages, IEndpointRouteBuilder app)
        where TBuilder : IEndpointConventionBuilder
        => pages.WithMetadata(new ResourceAssetCollection(
        [
            .. StaticAssetsEndpointDataSourceHelper.ResolveStaticAssetDescriptors(app, manifestPath: null).Select(AssetOf).OfType<ResourceAsset>(),
        ]));

    // Variants of a file, such as compressed ones, have a selector; only fingerprinted addresses have a label.
    private static ResourceAsset? AssetOf(StaticAssetDescriptor file)
        => file.Selectors.Count == 0 && file.Properties.FirstOrDefault(property => property.Name == Label) is { } label
            ? new ResourceAsset(file.Route, [new ResourceAssetProperty(Label, label.Value)])
            : null;
}
