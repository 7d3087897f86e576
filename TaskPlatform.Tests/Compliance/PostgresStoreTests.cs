using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Compliance;

/// <summary>The inbox in Postgres, and what only a database can do: refuse an effect, and show a handler what was written before.</summary>
public class PostgresStoreTests(RedisServer redis, PostgresServer postgres) : StoreComplianceTests
{
    /// <summary>Whether the context's inserts go through the bus's own batches.</summary>
    protected virtual bool InBulk => true;

    protected override async Task<IStoreUnderTest> CreateAsync() => new PostgresUnderTest(await BusPlace.CreateAsync(redis, postgres) with { InBulk = InBulk });

    [Fact]
    public async Task An_effect_that_is_refused_costs_its_neighbours_nothing()
    {
        var events = Events(3);
        await using (var consumer = await BeginAsync(events))
        {
            Assert.True(await consumer.HandleAsync(events[0], 0));
            await Assert.ThrowsAsync<DbUpdateException>(() => consumer.HandleAsync(events[1], 0)); // The note exists.
            Assert.True(await consumer.HandleAsync(events[2], 2));
            Assert.True(await consumer.CommitAsync([], Cancellation));
        }

        Assert.Equal([0, 2], await Subject.EffectsAsync());
        Assert.Equal([events[0], events[2]], (await HandledAsync(events)).Order());
    }

    [Fact]
    public async Task A_handler_sees_the_effects_of_the_events_before_it()
    {
        var events = Events(2);
        await using var consumer = await BeginAsync(events);
        Assert.True(await consumer.HandleAsync(events[0], 7));

        Assert.True(await consumer.HandleAsync(events[1], async scope =>
            Assert.Equal([7], await scope.GetRequiredService<NotesDb>().Notes.Select(note => note.Id).ToListAsync(Cancellation))));
    }

    [Fact]
    public async Task A_terminated_transaction_is_a_lost_connection()
    {
        var eventId = Guid.CreateVersion7();
        await using var consumer = await BeginAsync([eventId]);
        await consumer.ChangeAsync(1);
        await consumer.Transaction.TerminateAsync(Cancellation);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => consumer.CommitAsync([eventId], Cancellation));

        Assert.Equal(StoreFailure.ConnectionLost, Subject.Inbox.Classify(failure));
    }

    private sealed class PostgresUnderTest : IStoreUnderTest
    {
        private readonly BusPlace place;
        private readonly IHost host;

        public PostgresUnderTest(BusPlace place)
        {
            this.place = place;
            host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null, Group); // Not started: the tests act as the consumers.
        }

        public IInbox Inbox => host.Services.GetRequiredService<IInbox>();

        public IServiceProvider Services => host.Services;

        public IReadOnlyList<(Exception Exception, StoreFailure Failure)> Failures { get; } =
        [
            (new DbUpdateConcurrencyException(), StoreFailure.Conflict),
            (Refusal(PostgresErrorCodes.SerializationFailure), StoreFailure.Conflict),
            (Refusal(PostgresErrorCodes.DeadlockDetected), StoreFailure.Conflict),
            (Refusal(PostgresErrorCodes.DiskFull), StoreFailure.Unavailable),
            (Refusal(PostgresErrorCodes.ReadOnlySqlTransaction), StoreFailure.Unavailable),
            (new NpgsqlException("No connection."), StoreFailure.Unavailable),
            (Refusal(PostgresErrorCodes.AdminShutdown), StoreFailure.ConnectionLost),
            (new NpgsqlException("The connection broke.", new IOException()), StoreFailure.ConnectionLost),
            (Refusal(PostgresErrorCodes.CharacterNotInRepertoire), StoreFailure.Permanent),
            (Refusal(PostgresErrorCodes.UniqueViolation), StoreFailure.None),
        ];

        public Task ChangeAsync(IServiceProvider scope, int number)
        {
            var db = scope.GetRequiredService<NotesDb>();
            db.Notes.Add(new Note { Id = number, Text = "an effect" });
            db.Publish(new NoteWritten(number, "an effect"));
            return Task.CompletedTask;
        }

        public async Task<IReadOnlyList<int>> EffectsAsync()
        {
            await using var db = place.OpenDatabase();
            var notes = await db.Notes.Select(note => note.Id).ToListAsync(Cancellation);
            var events = await db.Set<EventLogRow>().OrderBy(row => row.Id).Select(row => row.AggregateId).ToListAsync(Cancellation);
            var published = events.ConvertAll(id => int.Parse(id, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(notes.Order(), published.Order()); // An effect and its event are committed together.
            return published;
        }

        public ValueTask DisposeAsync()
        {
            host.Dispose();
            return ValueTask.CompletedTask;
        }

        private static PostgresException Refusal(string state) => new("It was refused.", "ERROR", "ERROR", state);
    }
}

/// <summary>The same with Entity Framework's own batches, which are the default.</summary>
public sealed class PostgresStoreWithoutBulkInsertsTests(RedisServer redis, PostgresServer postgres) : PostgresStoreTests(redis, postgres)
{
    protected override bool InBulk => false;
}
