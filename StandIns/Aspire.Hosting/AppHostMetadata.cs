using System.Reflection;

namespace Aspire.Hosting;

/// <summary>What the build wrote into the AppHost's assembly (<c>AppHost.targets</c>).</summary>
internal static class AppHostMetadata
{
    /// <summary>Null where the AppHost runs on another machine than it was built on.</summary>
    public static string? ProjectDirectory(Assembly? appHost) =>
        Read(appHost, "apphostprojectpath") is { } path && Directory.Exists(path) ? path : null;

    public static string? Read(Assembly? appHost, string key) => appHost?
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => attribute.Key == key)?.Value;
}
