using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>Adds monitoring. For transports; services configure <see cref="AlertOptions"/>.</summary>
public static class MonitoringExtensions
{
    /// <summary>
    /// Adds the monitor, which measures the bus in one elected process, the alert rules and the webhook. Samples, alerts and the lease are kept in
    /// <typeparamref name="TStore"/>, which becomes a singleton.
    /// </summary>
    public static EventBusBuilder AddMonitoring<TStore>(this EventBusBuilder bus)
        where TStore : class, IMonitoringStore
    {
        ArgumentNullException.ThrowIfNull(bus);
        bus.Services.AddHttpClient(nameof(Webhook));
        bus.Share<IHttpClientFactory>();
        bus.Parts.AddSingleton<Webhook>();
        bus.Parts.AddHostedService(provider => provider.GetRequiredService<Webhook>());
        bus.Parts.AddSingleton<IMonitoringStore, TStore>();
        bus.Parts.AddSingleton<IBusSamples>(provider => provider.GetRequiredService<IMonitoringStore>());
        bus.Parts.AddSingleton(provider => new SamplerIdentity(
            provider.GetRequiredService<ConsumerName>().Value,
            IsPreferred: provider.GetServices<ConsumerGroup>().Any(),
            Lease: 3 * provider.GetRequiredService<IOptions<AlertOptions>>().Value.Interval) { Bus = bus.Name });
        bus.Parts.AddSingleton<AlertDelivery>();
        bus.Parts.AddSingleton<AlertEvaluator>();
        bus.Parts.AddHostedService<BusMonitor>();
        return bus;
    }
}
