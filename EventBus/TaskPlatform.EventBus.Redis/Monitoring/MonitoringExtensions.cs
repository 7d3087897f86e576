using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.Redis;

internal static class MonitoringExtensions
{
    /// <summary>Adds the elected sampler, the alert rules and the webhook.</summary>
    public static void AddMonitoring(this IServiceCollection services)
    {
        services.AddOptions<AlertOptions>().BindConfiguration(AlertOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpClient(nameof(Webhook));
        services.AddSingleton<Webhook>();
        services.AddSingleton<IAlertSink>(provider => provider.GetRequiredService<Webhook>());
        services.AddHostedService(provider => provider.GetRequiredService<Webhook>());
        services.AddSingleton<AlertDelivery>();
        services.AddHostedService<Monitor>();
        services.AddHostedService<EvictionCheck>();
    }
}
