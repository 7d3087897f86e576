using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>Adds monitoring. For transports; services configure <see cref="AlertOptions"/>.</summary>
public static class MonitoringExtensions
{
    /// <summary>
    /// Adds the monitor, which measures the bus in one elected process, the alert rules and the webhook. Samples, alerts and the lease are kept in
    /// <typeparamref name="TStore"/>, which becomes a singleton.
    /// </summary>
    public static IServiceCollection AddMonitoring<TStore>(this IServiceCollection services)
        where TStore : class, IMonitoringStore
    {
        services.AddOptions<AlertOptions>().BindConfiguration(AlertOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpClient(nameof(Webhook));
        services.AddSingleton<Webhook>();
        services.AddSingleton<IAlertSink>(provider => provider.GetRequiredService<Webhook>());
        services.AddHostedService(provider => provider.GetRequiredService<Webhook>());
        services.AddSingleton<IMonitoringStore, TStore>();
        services.AddSingleton<IBusSamples>(provider => provider.GetRequiredService<IMonitoringStore>());
        services.AddSingleton(provider => new SamplerIdentity(
            provider.GetRequiredService<ConsumerName>().Value,
            IsPreferred: provider.GetServices<ConsumerGroup>().Any(),
            Lease: 3 * provider.GetRequiredService<IOptions<AlertOptions>>().Value.Interval));
        services.AddSingleton<AlertDelivery>();
        services.AddSingleton<AlertEvaluator>();
        services.AddHostedService<BusMonitor>();
        return services;
    }
}
