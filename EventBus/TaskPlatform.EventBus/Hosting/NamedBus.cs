using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>The parts of a named bus, in a provider of their own, so that the buses of a process don't share any.</summary>
internal sealed class NamedBus : IDisposable, IAsyncDisposable
{
    private readonly ServiceProvider parts;

    public NamedBus(EventBusBuilder bus, IServiceProvider application)
    {
        IServiceCollection services = new ServiceCollection();
        services.Add(bus.Parts);
        foreach (var type in bus.Shared)
            services.Add(new ServiceDescriptor(type, application.GetRequiredService(type))); // As instances, which this provider doesn't dispose.
        services.AddSingleton(new ApplicationScopes(application));
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(typeof(IOptions<>), typeof(ApplicationOptions<>));
        parts = services.BuildServiceProvider(validateScopes: true);
    }

    public IServiceProvider Parts => parts;

    public void Dispose() => parts.Dispose();

    public ValueTask DisposeAsync() => parts.DisposeAsync();

    /// <summary>Options that don't belong to a bus, such as the connection of a context.</summary>
    private sealed class ApplicationOptions<TOptions>(ApplicationScopes scopes) : IOptions<TOptions>
        where TOptions : class
    {
        public TOptions Value => scopes.GetOptions<TOptions>(bus: null);
    }
}
