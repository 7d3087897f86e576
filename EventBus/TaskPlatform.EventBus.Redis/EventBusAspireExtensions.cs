using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The short form for applications that get their connections from .NET Aspire.</summary>
public static class EventBusAspireExtensions
{
    /// <summary>
    /// Adds the application's default bus on the Redis of a connection string. Unlike <c>UseRedis</c> it connects by <c>AddRedisClient</c>: the
    /// application gets the connection as well, its commands are traced, and the section <c>Aspire:StackExchange:Redis</c> applies.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">The name of the connection string.</param>
    /// <param name="events">The event types.</param>
    /// <param name="configure">Adds stores and consumer groups, and changes options.</param>
    public static void AddEventBus(
        this IHostApplicationBuilder builder, string connectionName, EventCatalog events, Action<EventBusBuilder>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        ArgumentNullException.ThrowIfNull(events);

        var settings = new RedisSettings();
        builder.AddRedisClient(connectionName, client => client.DisableHealthChecks = true, settings.Configure);
        builder.Services.AddEventBus(bus =>
        {
            bus.AddEvents(events);
            bus.UseConnection(application => RedisConnection.Of(application.GetRequiredService<IConnectionMultiplexer>(), settings));
            configure?.Invoke(bus);
        });
    }
}
