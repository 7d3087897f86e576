using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>Processes that compete for the role of the sampler.</summary>
internal static class SamplerProcess
{
    /// <summary>An interval at which a process evaluates once at its start, and then only when the test calls it.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromMinutes(10);

    public static Task<BusProcess> StartAsync(
        BusPlace place, string instance, TimeSpan interval, WebhookReceiver? receiver = null, bool publishes = true,
        Action<IServiceCollection>? configure = null, params string[] groups)
        => BusProcess.StartAsync(
            place,
            services =>
            {
                services.AddSingleton(new EventCatalog().Add<NoteWritten>().Add<NoteErased>().Add<AlertChanged>());
                services.Configure<AlertOptions>(alerts =>
                {
                    alerts.Interval = interval;
                    alerts.Webhook = receiver?.Address;
                });
                if (publishes)
                    services.AddScoped<IAlertLog, AlertPublisher<NotesDb>>();
                configure?.Invoke(services);
            },
            options => options.InstanceId = instance,
            groups);

    public static Task<BusSample?> EvaluateAsync(BusProcess process)
        => process.Services.GetServices<IHostedService>().OfType<BusMonitor>().Single().RunOnceAsync(TestContext.Current.CancellationToken);

    public static Task AddDeadLetterAsync(BusView view) => view.AddAsync("event_dlq", "data", "{}");

    public static Task ElectedAsync(BusView view, string sampler)
        => BusView.Until(async () => (string?)await view.Redis.StringGetAsync(view.Prefix + "events:sampler"), elected => elected == sampler);

    /// <summary>Waits until the first evaluation is done, which is the baseline for growth.</summary>
    public static Task CountedAsync(BusView view)
        => BusView.Until(async () => (long?)await view.Redis.HashGetAsync(view.Prefix + "events:counts", "dlq_growth "), baseline => baseline == 0);
}
