using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace TaskPlatform.Notifications.Console;

/// <summary>The console's own style and script, from within the assembly.</summary>
internal static class OwnAssets
{
    // Changes with each build, and so do the links: a browser never mixes an old script with a new page.
    private static readonly string Version = typeof(OwnAssets).Assembly.ManifestModule.ModuleVersionId.ToString("n")[..8];

    public static string Style { get; } = $"{ConsoleSession.Path}/assets/console.css?v={Version}";

    public static string Script { get; } = $"{ConsoleSession.Path}/assets/console.js?v={Version}";

    public static string Icon { get; } = $"{ConsoleSession.Path}/assets/icon.svg?v={Version}";

    public static void Map(IEndpointRouteBuilder site)
    {
        site.MapGet("/assets/console.css", (HttpResponse response) => Send(response, "console.css", "text/css")).AllowAnonymous();
        site.MapGet("/assets/console.js", (HttpResponse response) => Send(response, "console.js", "text/javascript")).AllowAnonymous();
        site.MapGet("/assets/icon.svg", (HttpResponse response) => Send(response, "icon.svg", "image/svg+xml")).AllowAnonymous();
    }

    private static FileStreamHttpResult Send(HttpResponse response, string name, string type)
    {
        response.Headers.CacheControl = "public, max-age=86400";
        return TypedResults.Stream(
            typeof(OwnAssets).Assembly.GetManifestResourceStream($"TaskPlatform.Notifications.Console.Assets.{name}")!,
            $"{type}; charset=utf-8",
            entityTag: new EntityTagHeaderValue($"\"{Version}\""));
    }
}
