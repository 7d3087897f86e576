using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>What a bus keeps in a context. However many lines of the registration name the context, its cleanup is added once.</summary>
internal sealed class ContextUse<TDb>
    where TDb : DbContext
{
    /// <summary>The name of its event log; null if it has none.</summary>
    public string? Log { get; set; }

    /// <summary>Whether the published events of the log are kept.</summary>
    public bool KeepHistory { get; set; }

    /// <summary>Whether the context's inserts go through the bus's own batches.</summary>
    public bool BulkInserts { get; set; }

    /// <summary>What the bus keeps in the context; adds it to the bus the first time.</summary>
    public static ContextUse<TDb> Of(EventBusBuilder bus)
    {
        if (bus.Parts.Select(part => part.IsKeyedService ? null : part.ImplementationInstance).OfType<ContextUse<TDb>>().FirstOrDefault() is { } known)
            return known;

        var use = new ContextUse<TDb>();
        bus.Parts.AddSingleton(use);
        bus.Parts.AddSingleton<IStartCheck, TableCheck<TDb>>();
        bus.Services.ConfigureDbContext<TDb>((application, db) =>
        {
            var parts = bus.PartsOf(application);
            BusContextExtension.AddTo(
                db, parts.GetRequiredService<EventCatalog>(), parts.GetRequiredService<TimeProvider>(), hasEventLog: use.Log is not null,
                () => parts.GetService<IEventTransport>()?.System);
            if (use.BulkInserts)
                db.UseBulkInserts();
            if (use.Log is not null)
                db.AddInterceptors(parts.GetRequiredService<CommitSignal<TDb>>(), VersionConflict.Interceptor);
        });
        bus.Parts.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<RetentionService<TDb>>(provider, use.Log is null || use.KeepHistory));
        return use;
    }
}
