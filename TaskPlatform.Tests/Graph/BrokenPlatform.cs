using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Graph;

/// <summary>The tests that kill services of one graph, one after the other, and start them again.</summary>
[CollectionDefinition(Name)]
public sealed class KilledServices : ICollectionFixture<BrokenPlatform>
{
    public const string Name = "killed services";
}

/// <summary>A graph in which some services reach Redis through a proxy.</summary>
public sealed class BrokenPlatform : IAsyncLifetime
{
    private readonly Dictionary<string, FaultProxy> proxies = [];

    public Platform Platform { get; private set; } = null!;

    /// <summary>What the service's connection to Redis goes through.</summary>
    internal FaultProxy Proxy(string service) => proxies[service];

    public async ValueTask InitializeAsync() => Platform = await Platform.StartNewAsync(builder =>
    {
        Lead(builder, "tasks");
        Lead(builder, "notifications-worker");
    });

    public async ValueTask DisposeAsync()
    {
        await Platform.DisposeAsync();
        foreach (var proxy in proxies.Values)
            await proxy.DisposeAsync();
    }

    private void Lead(IDistributedApplicationTestingBuilder builder, string service)
    {
        var redis = (IResourceWithConnectionString)builder.Resources.Single(resource => resource.Name == "redis");
        var project = builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == service);
        builder.CreateResourceBuilder(project).WithEnvironment(async context =>
        {
            var direct = (await redis.GetConnectionStringAsync(context.CancellationToken))!;
            var (colon, comma) = (direct.IndexOf(':', StringComparison.Ordinal), direct.IndexOf(',', StringComparison.Ordinal));
            lock (proxies)
            {
                if (!proxies.TryGetValue(service, out var proxy))
                    proxies[service] = proxy = FaultProxy.To(int.Parse(direct[(colon + 1)..comma], CultureInfo.InvariantCulture));
                context.EnvironmentVariables["ConnectionStrings__redis"] = $"127.0.0.1:{proxy.Port}{direct[comma..]}";
            }
        });
    }
}
