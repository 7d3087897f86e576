using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The bus on real servers, in the test's own process.</summary>
internal sealed class BusProcess : IAsyncDisposable
{
    private readonly IHost host;

    private BusProcess(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public Seen Seen => Services.GetRequiredService<Seen>();

    /// <summary>Starts publishing, and consuming as the given groups.</summary>
    public static async Task<BusProcess> StartAsync(BusPlace place, params string[] groups)
        => await StartAsync(place, configure: null, groups);

    /// <summary>Starts publishing, and consuming as the given groups.</summary>
    public static Task<BusProcess> StartAsync(BusPlace place, Action<EventBusOptions>? configure, params string[] groups)
        => StartAsync(place, services => { }, configure, groups);

    /// <summary>Does the same, with services that replace others.</summary>
    public static async Task<BusProcess> StartAsync(
        BusPlace place, Action<IServiceCollection> services, Action<EventBusOptions>? configure, params string[] groups)
    {
        var host = Build(place, new TestOutputLogger(), services, configure, groups);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new BusProcess(host);
    }

    public static IHost Build(
        BusPlace place, ILoggerProvider logger, Action<IServiceCollection> services, Action<EventBusOptions>? configure, params string[] groups)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "notes" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = place.Redis,
            ["ConnectionStrings:notes-db"] = place.Postgres,
        });
        builder.Logging.AddProvider(logger);
        builder.Services.AddSingleton<Seen>();
        builder.AddNpgsqlDbContext<NotesDb>("notes-db", settings => settings.DisableRetry = true);
        var events = new EventCatalog().Add<NoteWritten>().Add<NoteErased>();
        if (place.HasRevisions)
            events.Add<NoteRevised>();
        builder.AddEventBus("redis", events, bus =>
        {
            bus.UsePostgres<NotesDb>(store =>
            {
                store.Outbox("notes");
                if (place.InBulk)
                    store.UseBulkInserts();
            });
            bus.Configure(options =>
            {
                options.KeyPrefix = place.Prefix;
                (options.Topology, options.ReplacedTopology) = (place.Topology, place.ReplacedTopology);
                for (var i = 0; i < options.MaxRetries; i++)
                    options.RetryDelays.Add(TimeSpan.FromMilliseconds(50));
                configure?.Invoke(options);
                options.LeaseDuration = TimeSpan.FromSeconds(Math.Clamp(options.ClaimIdle.TotalSeconds, 0.5, options.LeaseDuration.TotalSeconds));
            });
            foreach (var name in groups)
                bus.AddConsumerGroup(name, group => AddHandlers(place, group));
        });
        services(builder.Services);
        return builder.Build();
    }

    private static void AddHandlers(BusPlace place, ConsumerGroupBuilder group)
    {
        group.Handle<NoteErased, ObeyErasure>().OnDeadLetter<NoteDeath>();
        if (place.IsOrdered)
            group.Ordered();
        _ = place.UnitOfWork switch
        {
            UnitOfWork.Batch => group.HandleInBatches<NoteWritten, ObeyNote>(handler => Configure(place, handler)),
            UnitOfWork.Isolated => group.Handle<NoteWritten, ObeyNote>(handler => Configure(place, handler.Isolated())),
            _ => group.Handle<NoteWritten, ObeyNote>(handler => Configure(place, handler)),
        };
        if (place.HasRevisions)
            group.Handle<NoteRevised, RecordRevision>();
        if (place.HasSecondHandler)
            group.Handle<NoteWritten, MarkNote>(handler => handler.Isolated());
    }

    private static void Configure(BusPlace place, HandlerBuilder handler)
    {
        if (place.HandlerTimeout is { } timeout)
            handler.Timeout(timeout);
        if (place.HandlerRetries is { } delays)
            handler.Retry(delays);
    }

    /// <summary>Waits until the health check <c>event-bus</c> has the given status.</summary>
    public Task HealthAsync(HealthStatus status)
        => BusView.Until(
            async () => (await Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(check => check.Name == "event-bus", TestContext.Current.CancellationToken)).Entries["event-bus"],
            report => report.Status == status);

    /// <summary>Writes notes, each with its event in one transaction.</summary>
    public Task WriteAsync(params NoteWritten[] notes) => WriteAsync(Services, notes, TestContext.Current.CancellationToken);

    /// <summary>Publishes an event to the other stream.</summary>
    public async Task EraseAsync(int noteId)
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotesDb>();
        db.Publish(new NoteErased(noteId));
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Publishes the next revision of each of the first notes.</summary>
    public async Task ReviseAsync(int notes, int revision)
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotesDb>();
        for (var note = 1; note <= notes; note++)
            db.Publish(new NoteRevised(note, revision));
        await db.SaveChangesAsync(CancellationToken.None);
    }

    public static async Task WriteAsync(IServiceProvider services, IEnumerable<NoteWritten> notes, CancellationToken cancellationToken)
    {
        foreach (var note in notes)
        {
            await using var scope = services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<NotesDb>();
            db.Notes.Add(new Note { Id = note.NoteId, Text = note.Text });
            db.Publish(note);
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await host.StopAsync(patience.Token);
        host.Dispose();
    }
}
