using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>A publisher that dies at each of its steps.</summary>
[Trait("suite", "faults")]
public sealed class PublisherFaultTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private static readonly NoteWritten[] Three = [new(1, "a"), new(2, "b"), new(3, "c")];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_killed_before_its_commit_neither_state_nor_event_is_saved(bool stateArrives)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var database = FaultProxy.To(postgres.Port);
        var commit = stateArrives ? database.CutRequest("INSERT INTO event_log") : database.HoldRequest("INSERT INTO event_log");

        await using (var publisher = BusChild.Start(new BusChildSettings(place.Through(postgres: database)) { Write = [Three[0]] }))
        {
            await commit.Reached;
            await publisher.KillAsync();
        }

        await using var next = BusChild.Start(new BusChildSettings(place) { Write = [.. Three[1..]], Groups = [Group] });
        await view.NotesAsync(2);
        await view.AssertExactlyOnceAsync(Group, notes: 2);
    }

    [Fact]
    public async Task If_killed_between_commit_and_XADD_the_event_is_published_after_the_restart()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var proxy = FaultProxy.To(redis.Port);
        var add = proxy.HoldRequest("causation_id");

        await using (var publisher = BusChild.Start(new BusChildSettings(place.Through(redis: proxy)) { Write = Three }))
        {
            await add.Reached;
            await view.NotesAsync(3);
            await publisher.KillAsync();
        }

        Assert.Equal(3, await view.WaitingAsync());
        Assert.Empty(await view.EntriesAsync("events:note.written"));

        await using var restarted = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await view.AssertExactlyOnceAsync(Group, notes: 3);
    }

    [Fact]
    public async Task If_killed_between_XADD_and_marking_the_event_is_published_twice_and_the_effect_happens_once()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var database = FaultProxy.To(postgres.Port);
        var mark = database.HoldRequest("SET entry_id = ($2)");

        await using (var publisher = BusChild.Start(new BusChildSettings(place.Through(postgres: database)) { Write = [Three[0]] }))
        {
            await mark.Reached;
            await publisher.KillAsync();
        }

        await using var restarted = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await view.AssertExactlyOnceAsync(Group, notes: 1);
        Assert.Equal(2, (await view.EntriesAsync("events:note.written")).Count);
    }
}
