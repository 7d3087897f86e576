using Microsoft.EntityFrameworkCore;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Events that share a transaction, and lanes that run side by side.</summary>
public sealed class BatchTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task A_batch_is_one_transaction()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, 200).Select(i => new NoteWritten(i, "good"))]);

        await using var process = await BusProcess.StartAsync(place, options => options.Lanes = 4, Group);

        await view.AssertExactlyOnceAsync(Group, 200);
        await using var db = place.OpenDatabase();
        var transactions = await db.Database
            .SqlQueryRaw<int>("""SELECT count(DISTINCT xmin::text)::int AS "Value" FROM inbox""")
            .SingleAsync(TestContext.Current.CancellationToken);
        Assert.InRange(transactions, 1, 20);
    }

    [Fact]
    public async Task A_bad_event_costs_its_neighbours_nothing()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await PublishAsync(place, [.. Enumerable.Range(1, 100).Select(i => new NoteWritten(i, i == 50 ? ObeyNote.FailForGood : "good"))]);

        await using var process = await BusProcess.StartAsync(place, options => options.Lanes = 1, Group);

        await view.AssertExactlyOnceAsync(Group, 100);
        Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Equal(100, await view.DeliveriesAsync());
    }

    [Fact]
    public async Task The_events_of_an_aggregate_keep_their_order_while_lanes_run_side_by_side()
    {
        const int Aggregates = 7;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, options => options.Lanes = 8, Group);

        for (var i = 0; i < 1000; i++)
            await view.AddAsync("events:note.written", "data", Foreign(aggregate: i % Aggregates, i));
        await view.AssertExactlyOnceAsync(Group);

        foreach (var effects in (await view.EffectsAsync()).GroupBy(effect => effect.NoteId % Aggregates))
            Assert.Equal(effects.Select(effect => effect.NoteId).Order(), effects.Select(effect => effect.NoteId));
    }

    [Fact]
    public async Task A_slow_event_holds_up_its_own_aggregate_only()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                options.Lanes = 2;
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
        await using var process = await BusProcess.StartAsync(place, options => options.Lanes = 2, Group);

        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 5, 0, ObeyNote.Wait(TimeSpan.FromSeconds(5))));
        await process.Seen.TakeAsync(1);
        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 5, 1));
        await view.AddAsync("events:note.written", "data", Foreign(aggregate: 5, 2).Replace("\"aggregate_id\"", "\"aggregate_type\":\"draft\",\"aggregate_id\"", StringComparison.Ordinal));

        await BusView.Until(view.EffectCountAsync, effects => effects > 0);
        Assert.Equal(2, Assert.Single(await view.EffectsAsync()).NoteId);
        await view.AssertExactlyOnceAsync(Group);
    }

    [Fact]
    public async Task The_backlog_of_one_stream_holds_up_no_other()
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

    private static async Task PublishAsync(BusPlace place, NoteWritten[] notes)
    {
        await using var publisher = await BusProcess.StartAsync(place);
        await publisher.WriteAsync(notes);
    }

    private static string Foreign(int aggregate, int note, string text = "from afar")
        => $$$"""{"type":"note.written","aggregate_id":"{{{aggregate}}}","data":{"note_id":{{{note}}},"text":"{{{text}}}"},"timestamp":"2025-01-15T10:30:00Z"}""";
}
