using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Two handlers of one event in one group, each with its own inbox rows.</summary>
public sealed class SeveralHandlersTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Marks = $"{Group}/{nameof(MarkNote)}";

    [Theory]
    [InlineData(UnitOfWork.Event)]
    [InlineData(UnitOfWork.Batch)]
    [InlineData(UnitOfWork.Isolated)]
    internal async Task Each_effect_happens_once_and_a_failing_handler_affects_no_other(UnitOfWork unit)
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = unit, HasSecondHandler = true };
        await using var view = await BusView.OfAsync(place);
        NoteWritten[] notes = [.. Enumerable.Range(1, 30).Select(i => new NoteWritten(i, i switch { 7 => ObeyNote.Fail, 9 => ObeyNote.HalfPair, _ => "good" }))];
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(notes);

        await view.AssertExactlyOnceAsync(Group, notes: 30);

        Assert.Equal(Enumerable.Range(1, 30), (await view.EffectsAsync()).Where(effect => effect.Group == Marks).Select(effect => effect.NoteId).Order());
        var deadLetters = await view.EntriesAsync("event_dlq");
        Assert.Equal(["exhausted", "rejected"], deadLetters.Select(deadLetter => deadLetter["reason"]).Order());
        Assert.All(deadLetters, deadLetter => Assert.StartsWith($"{nameof(ObeyNote)}: ", deadLetter["error"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Events_with_one_and_with_two_handlers_share_transactions_under_their_own_rows()
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { HasSecondHandler = true };
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        for (var i = 1; i <= 5; i++)
        {
            await process.WriteAsync(new NoteWritten(i, "good"));
            await process.EraseAsync(i);
        }

        await view.SettledAsync(Group, "note.erased");
        await view.AssertExactlyOnceAsync(Group, notes: 5, others: 5);

        await using var db = place.OpenDatabase();
        var rows = db.Set<InboxRow>().GroupBy(row => row.ConsumerGroup).Select(rows => new { rows.Key, Count = rows.Count() });
        Assert.Equal([(Group, 5), (Marks, 5), ($"{Group}/{nameof(ObeyNote)}", 5)], rows.AsEnumerable().Select(row => (row.Key, row.Count)).Order());
    }

    [Fact]
    public async Task A_second_handler_that_is_added_later_does_not_repeat_the_first_one()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var before = await BusProcess.StartAsync(place, Group))
        {
            await before.WriteAsync(new NoteWritten(1, "good"));
            await view.SettledAsync(Group);
        }

        var first = Assert.Single(await view.EntriesAsync("events:note.written"));
        await using var after = await BusProcess.StartAsync(place with { HasSecondHandler = true }, Group);
        await view.AddAsync("events:note.written", "data", first["data"], "event_id", first["event_id"]);
        await view.SettledAsync(Group);

        Assert.Equal(Group, Assert.Single(await view.EffectsAsync()).Group);
    }
}
