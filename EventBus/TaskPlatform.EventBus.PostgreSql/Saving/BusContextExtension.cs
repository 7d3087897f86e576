using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>Configures a context for the bus: with an event log, an inbox, or both.</summary>
internal sealed class BusContextExtension(EventCatalog catalog, TimeProvider clock, bool hasEventLog, Func<string?>? messagingSystem) : IDbContextOptionsExtension
{
    public EventCatalog Catalog => catalog;

    public TimeProvider Clock => clock;

    public bool HasEventLog => hasEventLog;

    /// <summary>Returns the transport's <see cref="IEventTransport.System"/>, for spans. Called when it is needed, because creating a context must not connect.</summary>
    public Func<string?>? MessagingSystem => messagingSystem;

    public DbContextOptionsExtensionInfo Info => new ExtensionInfo(this);

    /// <summary>
    /// Adds the extension. An event log that was added before is kept, with its catalog: the group that has its inbox in the context
    /// may belong to another bus.
    /// </summary>
    public static void AddTo(DbContextOptionsBuilder options, EventCatalog catalog, TimeProvider clock, bool hasEventLog, Func<string?>? messagingSystem = null)
    {
        if (hasEventLog || options.Options.FindExtension<BusContextExtension>() is not { HasEventLog: true })
            ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension(new BusContextExtension(catalog, clock, hasEventLog, messagingSystem));
    }

    public void ApplyServices(IServiceCollection services)
    {
        services.AddScoped<BusContext>();
        services.AddScoped<IResettableService>(provider => provider.GetRequiredService<BusContext>());
    }

    public void Validate(IDbContextOptions options)
    {
        // Nothing depends on other extensions.
    }

    private sealed class ExtensionInfo(BusContextExtension extension) : DbContextOptionsExtensionInfo(extension)
    {
        public override bool IsDatabaseProvider => false;

        public override string LogFragment => "event bus ";

        public override int GetServiceProviderHashCode() => 0;

        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other) => other is ExtensionInfo;

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo) => debugInfo["EventBus"] = "1";
    }
}
