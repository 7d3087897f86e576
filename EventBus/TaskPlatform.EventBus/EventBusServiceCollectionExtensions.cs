using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus;

/// <summary>Adds event buses to an application.</summary>
public static class EventBusServiceCollectionExtensions
{
    /// <summary>What a bus lets the application use: services of the application, which have the name of their bus as key.</summary>
    private static readonly Type[] Doors = [typeof(EventCatalog), typeof(Topologies), typeof(IEventTransport), typeof(IDeadLetterQueue), typeof(IStreamAdmin), typeof(IReplays), typeof(IBusSamples)];

    /// <summary>Adds the application's default bus. Its options are in the section <c>EventBus</c>, if the application has a configuration.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Chooses the transport, and adds events, stores and consumer groups.</param>
    /// <exception cref="InvalidOperationException">There is a default bus already, or <paramref name="configure"/> does not choose one transport.</exception>
    public static IServiceCollection AddEventBus(this IServiceCollection services, Action<EventBusBuilder> configure)
        => services.AddBus(name: null, configure);

    /// <summary>
    /// Adds another bus, which shares nothing with those of other names: it has its own transport, groups and background services. The application uses
    /// it by keyed services (<c>[FromKeyedServices("name")] IDeadLetterQueue</c>). Its options are in the section <c>EventBuses:name</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name.</param>
    /// <param name="configure">Chooses the transport, and adds events, stores and consumer groups.</param>
    /// <exception cref="InvalidOperationException">There is a bus of this name already, or <paramref name="configure"/> does not choose one transport.</exception>
    public static IServiceCollection AddEventBus(this IServiceCollection services, string name, Action<EventBusBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return services.AddBus(name, configure);
    }

    private static IServiceCollection AddBus(this IServiceCollection services, string? name, Action<EventBusBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var others = services.Select(service => service.ServiceType == typeof(RegisteredBus) ? service.ImplementationInstance : null).OfType<RegisteredBus>().ToList();
        if (others.Exists(other => other.Name == name))
            throw new InvalidOperationException(name is null ? "AddEventBus is called twice: the second bus needs a name." : $"The event bus '{name}' is registered twice.");

        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        if (others.Count == 0)
            services.AddOptions<HostOptions>().PostConfigure<IServiceProvider>(WaitForDraining);

        var bus = new EventBusBuilder(services, name);
        services.AddSingleton(new RegisteredBus(bus));
        bus.AddOptions<EventBusOptions>(EventBusOptions.Section).Configure(options => options.Path = bus.PathOf(EventBusOptions.Section));
        bus.AddOptions<AlertOptions>(AlertOptions.Section);
        configure(bus);
        AddEngine(bus);
        if (name is not null)
            Run(bus, name);
        return services;
    }

    /// <summary>
    /// Adds what is the same for all transports. Hosted services stop in reverse order: the consumers stop before the transport's services,
    /// which <c>configure</c> has added.
    /// </summary>
    private static void AddEngine(EventBusBuilder bus)
    {
        var parts = bus.Parts;
        var transports = parts.Count(part => part.ServiceType == typeof(IEventTransport) && !part.IsKeyedService);
        if (transports != 1)
        {
            throw new InvalidOperationException(
                $"{(bus.Name is null ? "The event bus" : $"The event bus '{bus.Name}'")} has {transports} transports: call UseRedis or UseInMemory once.");
        }

        parts.AddSingleton(bus.Catalog);
        parts.AddSingleton(provider => Topologies.Of(provider.GetRequiredService<EventBusOptions>(), bus.Topologies));
        parts.AddSingleton(new EventBusName(bus.Name));
        if (bus.Name is null)
            parts.AddSingleton(application => new ApplicationScopes(application));
        parts.AddSingleton(provider => provider.GetRequiredService<ApplicationScopes>().GetOptions<EventBusOptions>(bus.Name));
        parts.TryAddSingleton(provider => ConsumerName.Of(
            ApplicationName(provider.GetRequiredService<ApplicationScopes>().Application), provider.GetRequiredService<EventBusOptions>()));
        parts.AddSingleton<EventSender>();
        parts.AddSingleton<IStartCheck, GroupCheck>();
        parts.AddSingleton<StartChecks>();
        parts.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider => provider.GetRequiredService<StartChecks>()));
        parts.AddSingleton<BusHealth>();
        parts.AddSingleton<BackgroundLoops>();
        parts.AddHostedService<ConsumerHost>();
        bus.AddHealthCheck<BusHealthCheck>("event-bus");
    }

    private static void Run(EventBusBuilder bus, string name)
    {
        bus.Services.AddKeyedSingleton(name, (application, _) => new NamedBus(bus, application));
        bus.Services.AddSingleton<IHostedService>(application => new NamedBusService(application.GetRequiredKeyedService<NamedBus>(name)));
        foreach (var door in Doors)
            bus.Services.AddKeyedSingleton(door, name, (application, _) => bus.PartsOf(application).GetRequiredService(door));
    }

    private static string ApplicationName(IServiceProvider application)
        => application.GetService<IHostEnvironment>()?.ApplicationName ?? Assembly.GetEntryAssembly()?.GetName().Name ?? "application";

    /// <summary>The host must wait for the consumers to drain; the buses drain one after another.</summary>
    private static void WaitForDraining(HostOptions host, IServiceProvider application)
    {
        var scopes = new ApplicationScopes(application);
        var needed = application.GetServices<RegisteredBus>()
            .Aggregate(TimeSpan.FromSeconds(10), (sum, bus) => sum + scopes.GetOptions<EventBusOptions>(bus.Name).DrainTimeout);
        host.ShutdownTimeout = host.ShutdownTimeout > needed ? host.ShutdownTimeout : needed;
    }
}
