using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>
/// Creates the application's scopes, which hold handlers and contexts. The <see cref="IServiceScopeFactory"/> of a named bus's parts would create
/// scopes of these parts instead.
/// </summary>
/// <param name="application">The application's provider.</param>
public sealed class ApplicationScopes(IServiceProvider application) : IServiceScopeFactory
{
    private readonly IServiceScopeFactory scopes = application.GetRequiredService<IServiceScopeFactory>();

    /// <summary>The application's provider.</summary>
    public IServiceProvider Application => application;

    /// <inheritdoc/>
    public IServiceScope CreateScope() => scopes.CreateScope();

    internal TOptions GetOptions<TOptions>(string? bus)
        => application.GetRequiredService<IOptionsMonitor<TOptions>>().Get(bus);
}
