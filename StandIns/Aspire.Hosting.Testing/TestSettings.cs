using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>What differs between an AppHost under test and one that somebody runs.</summary>
internal static class TestSettings
{
    /// <summary>Random ports, no dashboard, and the environment of the AppHost's own launch profile; the test may change all of it.</summary>
    public static void Apply(
        string[] args,
        DistributedApplicationOptions options,
        HostApplicationBuilderSettings settings,
        Assembly? appHost,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder)
    {
        options.Args = settings.Args = [.. settings.Args ?? [], .. args];
        options.AssemblyName = appHost?.GetName().Name ?? options.AssemblyName;
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        settings.ApplicationName = options.AssemblyName;
        settings.Configuration ??= new ConfigurationManager();

        settings.ContentRootPath = AppHostMetadata.ProjectDirectory(appHost) ?? settings.ContentRootPath;
        SetDefaults(settings, new() { ["DcpPublisher:RandomizePorts"] = "true" });
        configureBuilder(options, settings);

        if (settings.ContentRootPath is not null)
            SetDefaults(settings, LaunchProfileOf(settings.ContentRootPath, settings));
    }

    private static void SetDefaults(HostApplicationBuilderSettings settings, Dictionary<string, string?> defaults)
    {
        var given = new ConfigurationManager();
        given.AddConfiguration(settings.Configuration!);
        given.AddCommandLine(settings.Args ?? []);

        settings.Configuration!.AddInMemoryCollection(defaults.Where(setting => given[setting.Key] is null).ToList());
    }

    private static Dictionary<string, string?> LaunchProfileOf(string directory, HostApplicationBuilderSettings settings)
    {
        var variables = new Dictionary<string, string?>();
        var profiles = LaunchSettings.OfProject(directory)?.Profiles ?? [];

        if (profiles.Count == 0)
            return variables;

        var name = settings.Configuration!["DOTNET_LAUNCH_PROFILE"] ?? profiles.Keys.First();
        variables["DOTNET_LAUNCH_PROFILE"] = name;

        if (!profiles.TryGetValue(name, out var profile))
            throw new InvalidOperationException($"The AppHost has no launch profile '{name}'.");

        foreach (var (variable, value) in profile.EnvironmentVariables)
        {
            variables[variable] = value;

            foreach (var prefix in (string[])["DOTNET_", "ASPNETCORE_"])
                if (variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                    variables[variable[prefix.Length..]] = value;
        }

        return variables;
    }
}
