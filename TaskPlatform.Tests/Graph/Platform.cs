using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using TaskPlatform.Tests.AppHost;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Graph;

/// <summary>Tests that share one platform. A test restarts whatever it stops or kills.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPlatform : ICollectionFixture<Platform>
{
    public const string Name = "platform";
}

/// <summary>
/// The complete platform as the AppHost starts it: real processes, real servers in their own folder, and the real dashboard if available.
/// Some services access Redis through a proxy.
/// </summary>
public sealed class Platform : IAsyncLifetime
{
    public const string AdminEmail = "admin@taskplatform.local";
    public const string DashboardKey = "key-of-the-graph-tests";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(90);
    private static readonly string[] Services = ["auth", "tasks", "notifications", "notifications-worker"];

    private readonly string data = Path.Combine(Path.GetTempPath(), $"taskplatform-graph-{Guid.CreateVersion7():n}");
    private readonly Dictionary<string, FaultProxy> proxies = [];
    private ConnectionMultiplexer? redis;

    public static string AdminPassword { get; } = RandomNumberGenerator.GetHexString(20);

    public DistributedApplication App { get; private set; } = null!;

    /// <summary>The folder in which the local servers keep their data.</summary>
    public string DataFolder => data;

    public IDatabase Redis => redis!.GetDatabase();

    /// <summary>Whether this machine has the dashboard; everything else runs without it.</summary>
    public bool HasDashboard => App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Any(r => r.Name == "aspire-dashboard");

    /// <summary>Creates an anonymous client of a service, by its resource name.</summary>
    public HttpClient Client(string service) => App.CreateHttpClient(service, "http");

    /// <summary>The proxy between Redis and <c>tasks</c> or <c>notifications-worker</c>.</summary>
    internal FaultProxy Proxy(string service) => proxies[service];

    public async ValueTask InitializeAsync() => await StartAsync(change: null, withDashboard: true);

    /// <summary>Starts a separate platform without a dashboard, for a test that needs other settings.</summary>
    public static async Task<Platform> StartNewAsync(Action<IDistributedApplicationTestingBuilder> change)
    {
        var platform = new Platform();
        await platform.StartAsync(change, withDashboard: false);
        return platform;
    }

    /// <summary>Registers a user with a new address, and signs in.</summary>
    public async Task<Session> RegisterAsync(string name)
    {
        var email = $"{name}-{Guid.CreateVersion7():n}@example.org";
        var password = RandomNumberGenerator.GetHexString(16);
        using var auth = Client("auth");
        using var registered = await auth.PostJsonAsync("/api/auth/register", new { email, password, full_name = name });
        var user = await registered.ReadAsync(201);
        return await Session.SignInAsync(this, email, password, user.GetProperty("user_id").GetInt64());
    }

    /// <summary>Waits until every service can use its database: after a restart of Postgres, the first request to each finds its connection closed (503).</summary>
    public async Task WaitForDatabasesAsync()
    {
        await BusView.Until(CanRegisterAsync, registered => registered);
        var admin = await SignInAsAdminAsync();
        await BusView.Until(() => AnswersAsync(admin.Tasks, "/api/tasks"), answers => answers);
        await BusView.Until(() => AnswersAsync(admin.Notifications, "/api/notifications"), answers => answers);
    }

    /// <summary>When the resource's process was started.</summary>
    public async Task<DateTime?> StartTimeAsync(string resource)
        => (await WaitForAsync(resource, now => now.StartTimeStamp is not null)).StartTimeStamp;

    public Task<CustomResourceSnapshot> WaitForAsync(string resource, Func<CustomResourceSnapshot, bool> isExpected)
        => WaitAsync(resource, limit => App.ResourceNotifications.WaitForResourceAsync(resource, change => isExpected(change.Snapshot), limit));

    public Task WaitForHealthyAsync(string resource)
        => WaitAsync(resource, limit => App.ResourceNotifications.WaitForResourceHealthyAsync(resource, limit));

    public Task<Session> SignInAsAdminAsync() => Session.SignInAsync(this, AdminEmail, AdminPassword);

    /// <summary>Kills a service's process, and returns when the AppHost has noticed it.</summary>
    public async Task KillAsync(string service)
    {
        var running = await WaitForAsync(service, now => now.Properties.Any(IsProcessId));
        var id = Convert.ToInt32(running.Properties.Single(IsProcessId).Value, CultureInfo.InvariantCulture);
        using (var process = Process.GetProcessById(id))
            process.Kill(entireProcessTree: true);
        await WaitForAsync(service, now => KnownResourceStates.TerminalStates.Contains(now.State?.Text));
    }

    public async Task StartServiceAsync(string service)
    {
        using var limit = TimeLimit.Of(WaitLimit);
        var started = await App.ResourceCommands.ExecuteCommandAsync(service, KnownResourceCommands.StartCommand, limit.Token);
        Assert.True(started.Success, started.Message);
        await WaitForHealthyAsync(service);
    }

    public async ValueTask DisposeAsync()
    {
        if (redis is not null)
            await redis.CloseAsync();
        if (App is not null)
            await App.DisposeAsync().AsTask().WaitAsync(StopLimit);
        foreach (var proxy in proxies.Values)
            await proxy.DisposeAsync();
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
    }

    /// <summary>Aspire itself would wait forever for a resource that failed to start, because it may still be started again.</summary>
    private async Task<CustomResourceSnapshot> WaitAsync(string resource, Func<CancellationToken, Task<ResourceEvent>> wait)
    {
        using var limit = TimeLimit.Of(WaitLimit);
        try
        {
            return (await wait(limit.Token)).Snapshot;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            var now = App.ResourceNotifications.TryGetCurrentState(resource, out var last) ? last.Snapshot : null;
            throw new TimeoutException($"After {WaitLimit.TotalSeconds} s {resource} is still {now?.State?.Text}, health: {now?.HealthStatus}, exit code: {now?.ExitCode}.");
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode;
    }

    private async Task<bool> CanRegisterAsync()
    {
        using var auth = Client("auth");
        using var answer = await auth.PostJsonAsync(
            "/api/auth/register", new { email = $"{Guid.CreateVersion7():n}@example.org", password = RandomNumberGenerator.GetHexString(16), full_name = "Probe" });
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Creates a folder and a file that every user of the machine can read, as an earlier version did.</summary>
    private void CreateReadableFile()
    {
        var folder = Directory.CreateDirectory(Path.Combine(data, "redis")).FullName;
        File.WriteAllText(Path.Combine(folder, "temp-1.rdb"), "");
    }

    private static bool IsProcessId(ResourcePropertySnapshot property) => property is { Name: "executable.pid", Value: not null };

    /// <summary>Routes a service's connection to Redis through a proxy.</summary>
    private void UseProxy(IDistributedApplicationTestingBuilder builder, string service)
    {
        var server = (IResourceWithConnectionString)builder.Resources.Single(resource => resource.Name == "redis");
        var project = builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == service);
        builder.CreateResourceBuilder(project).WithEnvironment(async context =>
        {
            var direct = (await server.GetConnectionStringAsync(context.CancellationToken))!;
            var (colon, comma) = (direct.IndexOf(':', StringComparison.Ordinal), direct.IndexOf(',', StringComparison.Ordinal));
            lock (proxies)
            {
                if (!proxies.TryGetValue(service, out var proxy))
                    proxies[service] = proxy = FaultProxy.To(int.Parse(direct[(colon + 1)..comma], CultureInfo.InvariantCulture));
                context.EnvironmentVariables["ConnectionStrings__redis"] = $"127.0.0.1:{proxy.Port}{direct[comma..]}";
            }
        });
    }

    private async Task StartAsync(Action<IDistributedApplicationTestingBuilder>? change, bool withDashboard)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        CreateReadableFile();
        string[] settings =
        [
            $"LocalServers:DataFolder={data}",
            $"Parameters:admin-password={AdminPassword}",
            $"AppHost:DashboardApiKey={DashboardKey}",
            // Otherwise Aspire keeps one key for all in the user secrets, which AppHosts that start at the same time overwrite.
            $"AppHost:OtlpApiKey={DashboardKey}",
        ];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TaskPlatform_AppHost>(
            settings, (options, _) => options.DisableDashboard = !withDashboard, limit.Token);
        foreach (var service in builder.Resources.OfType<ProjectResource>())
        {
            builder.CreateResourceBuilder(service)
                .WithEnvironment("EventBus__ClaimIdle", "00:00:02")
                .WithEnvironment("EventBus__ClaimInterval", "00:00:00.5")
                .WithEnvironment("EventBus__RetryDelays__0", "00:00:00.5")
                .WithEnvironment("RateLimits__Register", "100000")
                .WithEnvironment("RateLimits__Login", "100000")
                .WithEnvironment("RateLimits__LoginFailures", "100000")
                .WithEnvironment("RateLimits__AccountFailures", "100000");
        }

        UseProxy(builder, "tasks");
        UseProxy(builder, "notifications-worker");
        change?.Invoke(builder);

        App = await builder.BuildAsync(limit.Token);
        await App.StartAsync(limit.Token);
        await Task.WhenAll(Services.Select(service => App.ResourceNotifications.WaitForResourceHealthyAsync(
            service, WaitBehavior.StopOnResourceUnavailable, limit.Token)));
        var connection = await App.GetConnectionStringAsync("redis", limit.Token);
        redis = await ConnectionMultiplexer.ConnectAsync($"{connection},abortConnect=false,allowAdmin=true");
    }
}
