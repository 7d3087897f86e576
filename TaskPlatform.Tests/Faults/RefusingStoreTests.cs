using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>A Postgres that responds, but refuses commands for a while.</summary>
[Trait("suite", "faults")]
public sealed class RefusingStoreTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const int Events = 50;

    /// <summary>Much longer than all retries of an event take in these tests.</summary>
    private static readonly TimeSpan Refusal = TimeSpan.FromSeconds(3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_consumers_database_is_read_only_no_attempt_is_used_up()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(new NoteWritten(0, "good"));
        await process.Seen.TakeAsync(1);

        await SetAsync(place, "default_transaction_read_only = on");
        await AddEventsAsync(view);
        await process.HealthAsync(HealthStatus.Degraded);
        await Task.Delay(Refusal, Cancellation);
        await SetAsync(place, "default_transaction_read_only = off");

        await view.AssertExactlyOnceAsync(Group);
        Assert.Equal(Events + 1, await view.EffectCountAsync());
        await view.AssertNoAttemptSpentAsync();
        await process.HealthAsync(HealthStatus.Healthy);
    }

    [Fact]
    public async Task While_a_table_is_locked_no_attempt_is_used_up()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await SetAsync(place, "lock_timeout = '100ms'");
        await using var process = await BusProcess.StartAsync(place, Group);

        await using (await LockAsync(place, "Effects"))
        {
            await AddEventsAsync(view);
            await process.HealthAsync(HealthStatus.Degraded);
            await Task.Delay(Refusal, Cancellation);
        }

        await view.AssertExactlyOnceAsync(Group);
        Assert.Equal(Events, await view.EffectCountAsync());
        await view.AssertNoAttemptSpentAsync();
        await process.HealthAsync(HealthStatus.Healthy);
    }

    [Fact]
    public async Task While_the_database_refuses_writes_no_call_of_a_dead_letter_handler_is_lost()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await SetAsync(place, "lock_timeout = '100ms'");
        await using var process = await BusProcess.StartAsync(place, Group);

        await using (await LockAsync(place, "Deaths"))
        {
            await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood));
            await process.HealthAsync(HealthStatus.Degraded);
            await Task.Delay(Refusal, Cancellation);
            Assert.Empty(await view.EntriesAsync("event_dlq"));
        }

        await view.DeadLettersAsync(1);
        Assert.Equal("rejected", Assert.Single(await view.DeathsAsync()).Reason);
    }

    [Fact]
    public async Task While_the_log_is_read_only_no_event_is_published_repeatedly()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await WriteLogAsync(place, Events);

        await SetAsync(place, "default_transaction_read_only = on");
        await using var process = await BusProcess.StartAsync(place);
        await process.HealthAsync(HealthStatus.Degraded);
        await Task.Delay(Refusal, Cancellation);
        Assert.Equal(0, await view.DeliveriesAsync());
        await SetAsync(place, "default_transaction_read_only = off");

        await view.PublishedAsync();
        Assert.Equal(Events, await view.DeliveriesAsync());
    }

    [Fact]
    public async Task An_event_that_can_not_be_marked_as_published_is_not_published_again()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var db = place.OpenDatabase();
        await db.Database.ExecuteSqlRawAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no mark' USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql;
            CREATE TRIGGER refuse BEFORE UPDATE ON event_log FOR EACH ROW WHEN (NEW.entry_id IS NOT NULL) EXECUTE FUNCTION refuse();
            """,
            Cancellation);
        await WriteLogAsync(place, Events);

        await using var process = await BusProcess.StartAsync(place);
        await process.HealthAsync(HealthStatus.Degraded);
        await Task.Delay(Refusal, Cancellation);
        Assert.Equal(Events, await view.DeliveriesAsync());
        await db.Database.ExecuteSqlRawAsync("DROP TRIGGER refuse ON event_log", Cancellation);

        await view.PublishedAsync();
        Assert.Equal(Events, await view.DeliveriesAsync());
    }

    [Theory]
    [InlineData(PostgresErrorCodes.ReadOnlySqlTransaction)]
    [InlineData(PostgresErrorCodes.DiskFull)]
    [InlineData(PostgresErrorCodes.OutOfMemory)]
    [InlineData(PostgresErrorCodes.TooManyConnections)]
    [InlineData(PostgresErrorCodes.LockNotAvailable)]
    [InlineData(PostgresErrorCodes.QueryCanceled)]
    [InlineData(PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData(PostgresErrorCodes.InvalidPassword)]
    [InlineData(PostgresErrorCodes.InvalidCatalogName)]
    [InlineData(PostgresErrorCodes.CannotConnectNow)]
    [InlineData(PostgresErrorCodes.AdminShutdown)]
    [InlineData(PostgresErrorCodes.ConnectionFailure)]
    [InlineData(PostgresErrorCodes.IoError)]
    public void A_temporary_state_is_classified_as_unavailable(string state)
    {
        Assert.True(PostgresAvailability.IsUnavailable(Failure(state)));
        Assert.False(PostgresAvailability.IsConflict(Failure(state)));
    }

    [Theory]
    [InlineData(PostgresErrorCodes.SerializationFailure)]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    public void A_concurrency_failure_is_classified_as_a_conflict(string state)
    {
        Assert.True(PostgresAvailability.IsConflict(Failure(state)));
        Assert.False(PostgresAvailability.IsUnavailable(Failure(state)));
    }

    [Theory]
    [InlineData(PostgresErrorCodes.UniqueViolation)]
    [InlineData(PostgresErrorCodes.NotNullViolation)]
    [InlineData(PostgresErrorCodes.UndefinedTable)]
    [InlineData(PostgresErrorCodes.SyntaxError)]
    [InlineData(PostgresErrorCodes.StringDataRightTruncation)]
    public void A_permanent_failure_is_neither_unavailable_nor_a_conflict(string state)
    {
        Assert.False(PostgresAvailability.IsUnavailable(Failure(state)));
        Assert.False(PostgresAvailability.IsConflict(Failure(state)));
    }

    [Theory]
    [InlineData(PostgresErrorCodes.CharacterNotInRepertoire, true)]
    [InlineData(PostgresErrorCodes.UntranslatableCharacter, true)]
    [InlineData(PostgresErrorCodes.NumericValueOutOfRange, true)]
    [InlineData(PostgresErrorCodes.StringDataRightTruncation, true)]
    [InlineData(PostgresErrorCodes.DatetimeFieldOverflow, true)]
    [InlineData(PostgresErrorCodes.DivisionByZero, false)]
    [InlineData(PostgresErrorCodes.UniqueViolation, false)]
    [InlineData(PostgresErrorCodes.ForeignKeyViolation, false)]
    [InlineData(PostgresErrorCodes.NotNullViolation, false)]
    [InlineData(PostgresErrorCodes.CheckViolation, false)]
    [InlineData(PostgresErrorCodes.ReadOnlySqlTransaction, false)]
    [InlineData(PostgresErrorCodes.SerializationFailure, false)]
    public void Only_a_value_that_can_not_be_stored_is_permanent(string state, bool isPermanent)
        => Assert.Equal(isPermanent, PostgresAvailability.IsPermanent(Failure(state)));

    [Fact]
    public void Half_of_a_surrogate_pair_is_permanent()
        => Assert.True(PostgresAvailability.IsPermanent(new DbUpdateException("", new System.Text.EncoderFallbackException())));

    private static DbUpdateException Failure(string state) => new("", new PostgresException("", "ERROR", "ERROR", state));

    private static async Task AddEventsAsync(BusView view)
    {
        for (var i = 1; i <= Events; i++)
        {
            await view.AddAsync(
                "events:note.written",
                "data",
                $$$"""{"type":"note.written","aggregate_id":"f{{{i}}}","data":{"note_id":{{{i}}},"text":"from afar"},"timestamp":"2025-01-15T10:30:00Z"}""");
        }
    }

    /// <summary>Writes events while no dispatcher is running.</summary>
    private static async Task WriteLogAsync(BusPlace place, int count)
    {
        using var host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null);
        await BusProcess.WriteAsync(host.Services, Enumerable.Range(1, count).Select(i => new NoteWritten(i, "good")), Cancellation);
    }

    /// <summary>Changes a setting of the database and terminates its open sessions, so that it applies to all.</summary>
    private static async Task SetAsync(BusPlace place, string setting)
    {
        var database = new NpgsqlConnectionStringBuilder(place.Postgres);
        var name = database.Database!;
        database.Database = "postgres";
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
#pragma warning disable CA2100 // The names and settings come from this test.
        await using var command = new NpgsqlCommand(
            $"""ALTER DATABASE "{name}" SET {setting}; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'""", connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);

        // Clears the test's own pool; the bus must replace its own connections.
        await using var own = new NpgsqlConnection(place.Postgres);
        NpgsqlConnection.ClearPool(own);
        await using var db = place.OpenDatabase();
        NpgsqlConnection.ClearPool((NpgsqlConnection)db.Database.GetDbConnection());
    }

    /// <summary>Locks a table until the connection is disposed.</summary>
    private static async Task<NpgsqlConnection> LockAsync(BusPlace place, string table)
    {
        var connection = new NpgsqlConnection($"{place.Postgres};Pooling=false");
        await connection.OpenAsync(Cancellation);
#pragma warning disable CA2100 // The names come from this test.
        await using var command = new NpgsqlCommand($"""BEGIN; LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE""", connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);
        return connection;
    }
}
