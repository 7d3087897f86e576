using System.Text.Json;

namespace TaskPlatform.Tests.AppHost;

/// <summary>The manifest that deployment tools read. Creating it starts no resources.</summary>
public sealed class ManifestTests
{
    [Fact]
    public async Task The_manifest_contains_the_servers_databases_projects_and_parameters()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(TimeSpan.FromMinutes(2));
        var file = folder.PathOf("manifest.json");
        using var appHost = AppHostProcess.Start(folder.Path, "--publisher", "manifest", "--output-path", file);
        Assert.True(await appHost.WaitForExitAsync(limit.Token) == 0, appHost.Output);

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(file, limit.Token));
        var resources = manifest.RootElement.GetProperty("resources").EnumerateObject().ToDictionary(
            resource => resource.Name, resource => resource.Value);

        Assert.Equal(["auth", "notifications", "notifications-worker", "tasks"], OfType("project.v0"));
        Assert.Equal(["auth-db", "notifications-db", "tasks-db"], OfType("value.v0").Where(name => name.EndsWith("-db", StringComparison.Ordinal)));
        Assert.Equal(["postgres", "redis"], OfType("container.v0"));
        Assert.Equal(["admin-email", "admin-password", "postgres-password", "redis-password"], OfType("parameter.v0"));
        Assert.Contains("--appendonly yes --appendfsync everysec --maxmemory-policy noeviction", resources["redis"].GetProperty("args").ToString(), StringComparison.Ordinal);
        Assert.All(
            (string[])["admin-password", "postgres-password", "redis-password"],
            name => Assert.True(resources[name].GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean()));
        Assert.Equal(
            "{redis.connectionString}", resources["notifications-worker"].GetProperty("env").GetProperty("ConnectionStrings__redis").GetString());

        IEnumerable<string> OfType(string type) => resources.Where(resource => resource.Value.GetProperty("type").GetString() == type).Select(resource => resource.Key).Order();
    }
}
