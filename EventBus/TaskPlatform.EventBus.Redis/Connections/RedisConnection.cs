using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The connection that a bus shares between its parts, apart from any other that the application has.</summary>
internal sealed class RedisConnection : IDisposable, IAsyncDisposable
{
    private readonly IConnectionMultiplexer connection;
    private readonly bool isOwned;

    private RedisConnection(IConnectionMultiplexer connection, RedisSettings settings, bool isOwned)
        => (this.connection, Settings, this.isOwned) = (connection, settings, isOwned);

    /// <summary>The settings of this connection, and of those for blocking reads.</summary>
    public RedisSettings Settings { get; }

    public bool IsConnected => connection.IsConnected;

    /// <summary>Opens a connection, which is closed with this object. The server may be unavailable: the driver keeps connecting.</summary>
    public static RedisConnection Open(IServiceProvider application, ConfigurationOptions options)
    {
        var settings = new RedisSettings();
        settings.Configure(options);
        options.LoggerFactory ??= application.GetService<ILoggerFactory>();
        return new RedisConnection(ConnectionMultiplexer.Connect(options), settings, isOwned: true);
    }

    /// <summary>Uses a connection of the application that was opened with these settings.</summary>
    public static RedisConnection Of(IConnectionMultiplexer connection, RedisSettings settings) => new(connection, settings, isOwned: false);

    /// <summary>Uses a connection of the application as it is.</summary>
    /// <exception cref="EventBusSetupException">It doesn't allow the command that ends blocking reads.</exception>
    public static RedisConnection Share(IConnectionMultiplexer connection)
    {
        var options = ConfigurationOptions.Parse(connection.Configuration);
        if (!options.AllowAdmin)
            throw new EventBusSetupException("The connection passed to UseRedis needs the option allowAdmin=true: the bus ends its blocking reads by CLIENT UNBLOCK.");
        var settings = new RedisSettings();
        settings.Configure(options);
        return new RedisConnection(connection, settings, isOwned: false);
    }

    /// <summary>The server that has a key.</summary>
    public IServer ServerOf(RedisKey key) => connection.GetServer(key);

    public IDatabase GetDatabase() => connection.GetDatabase();

    public ISubscriber GetSubscriber() => connection.GetSubscriber();

    public void Dispose()
    {
        if (isOwned)
            connection.Dispose();
    }

    public ValueTask DisposeAsync() => isOwned ? connection.DisposeAsync() : ValueTask.CompletedTask;
}
