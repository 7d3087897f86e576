using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;
using TaskPlatform.Auth;
using TaskPlatform.Notifications;
using TaskPlatform.Notifications.Worker;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>All four services with their own databases and key prefix. The tests of the collection share them.</summary>
public sealed class RunningServices(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    public const string AdminEmail = "admin@taskplatform.local";
    public const string AdminPassword = "the-first-admin";

    private readonly Dictionary<string, string> settings = [];
    private ServiceFactory<AuthService> auth = null!;
    private ServiceFactory<TasksService> tasks = null!;
    private ServiceFactory<NotificationsService> notifications = null!;
    private ServiceFactory<NotificationsWorker> worker = null!;

    /// <summary>The settings of all services.</summary>
    public IReadOnlyDictionary<string, string> Settings => settings;

    /// <summary>Adds a setting for all services. Call it before they start.</summary>
    public void Set(string key, string value) => settings[key] = value;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in new[] { "auth-db", "tasks-db", "notifications-db" })
            settings[$"ConnectionStrings:{name}"] = $"{await postgres.CreateDatabaseAsync()};Maximum Pool Size=20";
        settings["ConnectionStrings:redis"] = redis.ConnectionString;
        settings["EventBus:KeyPrefix"] = RedisServer.NewKeyPrefix();
        settings["Admin:Email"] = AdminEmail;
        settings["Admin:Password"] = AdminPassword;
        settings["RateLimits:Register"] = "100000";
        settings["RateLimits:Login"] = "100000";
        settings["RateLimits:LoginFailures"] = "100000";
        settings["RateLimits:AccountFailures"] = "100000";

        // Every test registers users, and production hashes are slow by design.
        auth = ServiceFactory<AuthService>.Start(
            settings, service => service.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = 1000));
        settings["services:auth:http:0"] = auth.Address.ToString();
        tasks = ServiceFactory<TasksService>.Start(settings);
        notifications = ServiceFactory<NotificationsService>.Start(settings);
        worker = ServiceFactory<NotificationsWorker>.Start(settings);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable? service in new IAsyncDisposable?[] { worker, notifications, tasks, auth })
        {
            if (service is not null)
                await service.DisposeAsync();
        }
    }

    /// <summary>Creates a client without a token.</summary>
    public ApiClient Anonymous() => new(auth.Address, tasks.Address, notifications.Address);

    /// <summary>Creates a client of a single service.</summary>
    public ApiClient At(string service)
    {
        var address = AddressOf(service);
        return new ApiClient(address, address, address);
    }

    public Uri AddressOf(string service) => service switch
    {
        "auth" => auth.Address,
        "tasks" => tasks.Address,
        _ => notifications.Address,
    };

    /// <summary>The service provider of a service.</summary>
    public IServiceProvider ProviderOf(string service) => service switch
    {
        "auth" => auth.Services,
        "tasks" => tasks.Services,
        _ => notifications.Services,
    };

    /// <summary>Registers a user and signs in.</summary>
    public async Task<ApiClient> RegisterAsync(string name = "Somebody")
    {
        var client = Anonymous();
        await client.RegisterAsync(NewEmail(), "a-long-password", name);
        return client;
    }

    /// <summary>Signs in as the first admin.</summary>
    public async Task<ApiClient> AdminAsync()
    {
        var client = Anonymous();
        await client.LoginAsync(AdminEmail, AdminPassword);
        return client;
    }

    /// <summary>Publishes an event as any program with access to Redis could.</summary>
    public async Task AddToStreamAsync(string type, string data)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await connection.GetDatabase().ExecuteAsync("XADD", $"{settings["EventBus:KeyPrefix"]}events:{type}", "*", "data", data);
    }

    public Uri NotificationsAddress => notifications.Address;

    public NpgsqlDataSource OpenDatabase(string name) => NpgsqlDataSource.Create(settings[$"ConnectionStrings:{name}"]);

    public static string NewEmail() => $"{Guid.CreateVersion7():n}@example.org";
}

[CollectionDefinition(Name)]
public sealed class ServicesTests : ICollectionFixture<RunningServices>
{
    public const string Name = "Services";
}
