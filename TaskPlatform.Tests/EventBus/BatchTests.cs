using System.Globalization;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Events that share a transaction, and concurrent lanes.</summary>
public sealed class BatchTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task A_batch_is_one_transaction()
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = UnitOfWork.Batch };
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, 200).Select(i => new NoteWritten(i, "good"))]);

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 4, Group);

        await view.AssertExactlyOnceAsync(Group, 200);
        Assert.InRange(await TransactionsAsync(place), 1, 20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(128)]
    public async Task A_failing_event_does_not_affect_other_events(int bad)
    {
        const int Events = 128;
        const int Retries = 3;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, Events).Select(i => new NoteWritten(i, i == bad ? ObeyNote.Fail : "good"))]);

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Equal(Events + Retries, process.Seen.Calls);
    }

    [Fact]
    public async Task In_a_batch_a_failing_event_causes_the_others_to_be_handled_again_in_batches()
    {
        const int Events = 128;
        const int Retries = 3;
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = UnitOfWork.Batch };
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, Events).Select(i => new NoteWritten(i, i == Events ? ObeyNote.Fail : "good"))]);

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        Assert.InRange(process.Seen.Calls, Events + Retries, (2 * Events) + Retries);
        Assert.InRange(await TransactionsAsync(place), 1, 10);
    }

    [Fact]
    public async Task An_event_that_can_not_be_committed_is_found_by_bisection()
    {
        const int Events = 60;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var db = place.OpenDatabase())
        {
            // Deferred, so it is checked at the commit, after all handlers have run.
            await db.Database.ExecuteSqlRawAsync(
                """
                CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'not this note'; END $$ LANGUAGE plpgsql;
                CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON "Effects" DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW WHEN (NEW."NoteId" = 17) EXECUTE FUNCTION refuse();
                """,
                TestContext.Current.CancellationToken);
        }

        await PublishAsync(place, [.. Enumerable.Range(1, Events).Select(i => new NoteWritten(i, "good"))]);
        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        var deadLetter = Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Contains("not this note", deadLetter["stack"], StringComparison.Ordinal);
        Assert.InRange(process.Seen.Calls, Events, 4 * Events);
    }

    [Theory]
    [InlineData(nameof(UnitOfWork.Event))]
    [InlineData(nameof(UnitOfWork.Batch))]
    public async Task An_event_with_a_value_that_can_not_be_stored_is_dead_lettered_immediately(string unit)
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = Enum.Parse<UnitOfWork>(unit) };
        await using var view = await BusView.OfAsync(place);
        string[] texts = ["good", "a\\u0000b", "good", ObeyNote.HalfPair, "good"];
        for (var i = 0; i < texts.Length; i++)
            await view.AddAsync("events:note.written", "data", Foreign(i, i, texts[i]));

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        var deadLetters = await view.DeadLettersAsync(2);
        await view.AssertExactlyOnceAsync(Group);
        Assert.All(deadLetters, deadLetter => Assert.Equal(("rejected", "1"), (deadLetter["reason"], deadLetter["attempts"])));
        Assert.Equal(["Npgsql.PostgresException", "System.Text.EncoderFallbackException"], deadLetters.Select(deadLetter => deadLetter["exception"]).Order(StringComparer.Ordinal));
        Assert.Equal([0, 2, 4], (await view.EffectsAsync()).Select(effect => effect.NoteId).Order());
    }

    [Theory]
    [InlineData(nameof(UnitOfWork.Event))]
    [InlineData(nameof(UnitOfWork.Isolated))]
    public async Task A_handler_sees_the_effects_of_earlier_events(string unit)
    {
        const int Events = 20;
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = Enum.Parse<UnitOfWork>(unit) };
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, Events).Select(i => new NoteWritten(i, ObeyNote.Count))]);

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        var seen = (await view.EffectsAsync()).OrderBy(effect => effect.NoteId).Select(effect => effect.Text);
        Assert.Equal(Enumerable.Range(0, Events).Select(count => count.ToString(CultureInfo.InvariantCulture)), seen);
        Assert.Equal(Events, process.Seen.Calls);
    }

    [Theory]
    [InlineData(nameof(UnitOfWork.Event))]
    [InlineData(nameof(UnitOfWork.Batch))]
    [InlineData(nameof(UnitOfWork.Isolated))]
    public async Task A_conflict_is_retried_immediately_and_uses_up_no_attempt(string unit)
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = Enum.Parse<UnitOfWork>(unit) };
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, 20).Select(i => new NoteWritten(i, i == 5 ? ObeyNote.Conflict(times: 3) : "good"))]);

        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                options.MaxConcurrency = 1;
                options.MaxRetries = 0;
            },
            Group);

        await view.AssertExactlyOnceAsync(Group, 20);
        await view.AssertNoAttemptSpentAsync();
    }

    [Theory]
    [InlineData(nameof(UnitOfWork.Event))]
    [InlineData(nameof(UnitOfWork.Batch))]
    public async Task A_retried_conflict_is_not_overtaken_by_later_events_of_its_aggregate(string unit)
    {
        const int Events = 20;
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = Enum.Parse<UnitOfWork>(unit) };
        await using var view = await BusView.OfAsync(place);
        for (var i = 0; i < Events; i++)
            await view.AddAsync("events:note.written", "data", Foreign(aggregate: i % 2, i, i == 6 ? ObeyNote.Conflict(times: 2) : "good"));

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        await view.AssertExactlyOnceAsync(Group);
        foreach (var effects in (await view.EffectsAsync()).GroupBy(effect => effect.NoteId % 2))
            Assert.Equal(effects.Select(effect => effect.NoteId).Order(), effects.Select(effect => effect.NoteId));
    }

    [Fact]
    public async Task A_persistent_conflict_is_a_failure()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [new NoteWritten(1, ObeyNote.Conflict(times: int.MaxValue))]);

        await using var process = await BusProcess.StartAsync(place, Group);

        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("exhausted", "4"), (deadLetter["reason"], deadLetter["attempts"]));
    }

    [Fact]
    public async Task An_isolated_event_has_its_own_transaction()
    {
        const int Events = 20;
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = UnitOfWork.Isolated };
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, Events).Select(i => new NoteWritten(i, "good"))]);

        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 1, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        Assert.Equal(Events, await TransactionsAsync(place));
    }

    [Fact]
    public async Task The_events_of_an_aggregate_keep_their_order_across_concurrent_lanes()
    {
        const int Aggregates = 7;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 8, Group);

        for (var i = 0; i < 1000; i++)
            await view.AddAsync("events:note.written", "data", Foreign(aggregate: i % Aggregates, i));
        await view.AssertExactlyOnceAsync(Group);

        foreach (var effects in (await view.EffectsAsync()).GroupBy(effect => effect.NoteId % Aggregates))
            Assert.Equal(effects.Select(effect => effect.NoteId).Order(), effects.Select(effect => effect.NoteId));
    }

    [Fact]
    public async Task A_slow_event_blocks_only_its_own_aggregate()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                options.MaxConcurrency = 2;
                options.Prefetch = 16;
            },
            Group);

        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 0, 0, ObeyNote.Wait(TimeSpan.FromSeconds(5))));
        await process.Seen.TakeAsync(1);
        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 0, 1));
        for (var i = 2; i < 200; i++)
            await view.AddAsync("events:note.written", "data", Foreign(aggregate: i, i));

        await BusView.Until(view.EffectsAsync, effects => effects.Count == 198);
        Assert.DoesNotContain(await view.EffectsAsync(), effect => effect.NoteId < 2);
        await view.AssertExactlyOnceAsync(Group);
    }

    [Fact]
    public async Task An_aggregate_of_another_type_with_the_same_id_does_not_wait_for_it()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, options => options.MaxConcurrency = 2, Group);

        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 5, 0, ObeyNote.Wait(TimeSpan.FromSeconds(5))));
        await process.Seen.TakeAsync(1);
        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 5, 1));
        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 5, 2).Replace("\"aggregate_id\"", "\"aggregate_type\":\"draft\",\"aggregate_id\"", StringComparison.Ordinal));

        await BusView.Until(view.EffectCountAsync, effects => effects > 0);
        Assert.Equal(2, Assert.Single(await view.EffectsAsync()).NoteId);
        await view.AssertExactlyOnceAsync(Group);
    }

    [Fact]
    public async Task The_backlog_of_one_stream_blocks_no_other()
    {
        const int Backlog = 2000;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        for (var i = 1; i <= Backlog; i++)
            await view.AddAsync("events:note.written", "data", Foreign(aggregate: i, i));
        await using var process = await BusProcess.StartAsync(place, options => options.Prefetch = 2, Group);
        await process.Seen.TakeAsync(100);

        await view.AddAsync("events:note.erased",
            "data", """{"type":"note.erased","aggregate_id":"0","data":{"note_id":0},"timestamp":"2025-01-15T10:30:00Z"}""");
        await BusView.Until(view.EffectCountAsync, effects => effects > Backlog);

        Assert.InRange((await view.EffectsAsync()).FindIndex(effect => effect.Text == ObeyNote.Erased), 0, Backlog - 1000);
    }

    /// <summary>The number of transactions, or subtransactions with savepoints, that have written inbox rows.</summary>
    private static async Task<int> TransactionsAsync(BusPlace place)
    {
        await using var db = place.OpenDatabase();
        return await db.Database
            .SqlQueryRaw<int>("""SELECT count(DISTINCT xmin::text)::int AS "Value" FROM inbox WHERE consumer_group = 'readers'""")
            .SingleAsync(TestContext.Current.CancellationToken);
    }

    private static async Task PublishAsync(BusPlace place, NoteWritten[] notes)
    {
        await using var publisher = await BusProcess.StartAsync(place);
        await publisher.WriteAsync(notes);
    }

    private static string Foreign(int aggregate, int note, string text = "from afar")
        => $$$"""{"type":"note.written","aggregate_id":"{{{aggregate}}}","data":{"note_id":{{{note}}},"text":"{{{text}}}"},"timestamp":"2025-01-15T10:30:00Z"}""";
}
