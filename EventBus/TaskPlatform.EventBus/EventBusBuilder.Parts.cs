using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <content>For transports and stores, which register their parts.</content>
public sealed partial class EventBusBuilder
{
    private readonly List<Type> shared = [typeof(ILoggerFactory), typeof(TimeProvider)];

    /// <summary>
    /// The bus's own parts: transport, background services, inboxes. For the default bus they are services of the application; a named bus keeps
    /// them in a provider of its own. A part creates scopes by <see cref="ApplicationScopes"/>.
    /// </summary>
    public IServiceCollection Parts { get; }

    /// <summary>The application's services that the parts of a named bus can use.</summary>
    internal IReadOnlyList<Type> Shared => shared;

    /// <summary>The provider of the bus's parts.</summary>
    /// <param name="application">The application's provider, or one of its scopes.</param>
    public IServiceProvider PartsOf(IServiceProvider application)
        => Name is null ? application : application.GetRequiredKeyedService<NamedBus>(Name).Parts;

    /// <summary>Lets the parts use a service that the application registers.</summary>
    public EventBusBuilder Share<TService>()
        where TService : class
    {
        shared.Add(typeof(TService));
        return this;
    }

    /// <summary>Adds options, which the parts get as <see cref="IOptions{TOptions}"/>, and binds them if the application has a configuration.</summary>
    /// <param name="section">The section of the default bus: <c>EventBus</c>, or one below it. A named bus has its own below <c>EventBuses</c>.</param>
    public OptionsBuilder<TOptions> AddOptions<TOptions>(string section)
        where TOptions : class
    {
        var path = PathOf(section);
        if (Name is not null)
            Parts.AddSingleton(parts => Options.Create(parts.GetRequiredService<ApplicationScopes>().GetOptions<TOptions>(Name)));
        return Services.AddOptions<TOptions>(Name)
            .Configure<IServiceProvider>((options, application) => application.GetService<IConfiguration>()?.GetSection(path).Bind(options))
            .ValidateDataAnnotations()
            .ValidateOnStart();
    }

    /// <summary>Adds a health check that is created from the bus's parts. That of a named bus is called <c>name-bus</c>.</summary>
    public EventBusBuilder AddHealthCheck<TCheck>(string name, params object[] arguments)
        where TCheck : IHealthCheck
    {
        Services.AddHealthChecks().Add(new HealthCheckRegistration(
            Name is null ? name : $"{name}-{Name}",
            application => ActivatorUtilities.CreateInstance<TCheck>(PartsOf(application), arguments),
            failureStatus: null,
            tags: null));
        return this;
    }

    internal string PathOf(string section)
        => Name is null ? section : $"{EventBusOptions.NamedSection}:{Name}{section[EventBusOptions.Section.Length..]}";
}
