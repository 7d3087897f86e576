using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds a Redis client to a host.</summary>
public static class AspireRedisExtensions
{
    internal const string ConfigurationSection = "Aspire:StackExchange:Redis";

    /// <summary>Registers <see cref="IConnectionMultiplexer"/> as a singleton, with its health check.</summary>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
        => AddRedisClientBuilder(builder, connectionName, configureSettings, configureOptions);

    /// <inheritdoc cref="AddRedisClient" />
    public static AspireRedisClientBuilder AddRedisClientBuilder(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var section = builder.Configuration.GetSection(ConfigurationSection);
        var settings = ReadSettings(builder.Configuration, section, connectionName);
        configureSettings?.Invoke(settings);

        var services = builder.Services;
        services.AddSingleton<IOptionsFactory<ConfigurationOptions>>(provider =>
            ActivatorUtilities.CreateInstance<ConfigurationOptionsFactory>(provider, settings));
        services.Configure<ConfigurationOptions>(options =>
        {
            section.GetSection("ConfigurationOptions").Bind(options);
            section.GetSection($"{connectionName}:ConfigurationOptions").Bind(options);
            configureOptions?.Invoke(options);
        });
        services.AddSingleton<IConnectionMultiplexer>(provider =>
            RedisConnection.Open(provider.GetRequiredService<IOptions<ConfigurationOptions>>().Value, connectionName));

        if (!settings.DisableAutoActivation)
            services.AddHostedService<RedisActivation>();

        if (!settings.DisableHealthChecks)
            services.AddHealthChecks().Add(new HealthCheckRegistration(
                "StackExchange.Redis", ActivatorUtilities.GetServiceOrCreateInstance<RedisHealthCheck>, failureStatus: null, tags: null));

        return new AspireRedisClientBuilder(builder, settings, serviceKey: null);
    }

    private static StackExchangeRedisSettings ReadSettings(
        IConfiguration configuration, IConfigurationSection section, string connectionName)
    {
        var settings = new StackExchangeRedisSettings();
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        settings.ConnectionString = configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        return settings;
    }
}
