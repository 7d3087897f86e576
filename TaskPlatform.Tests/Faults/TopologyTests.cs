using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Partitions by aggregate, and changing to them and between them under load.</summary>
[Trait("suite", "faults")]
public sealed class TopologyTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Partitions = "PerAggregate(4)";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_events_of_an_aggregate_are_on_one_channel_and_those_without_a_handler_are_passed_over()
    {
        var place = await CreateAsync(Partitions);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(new NoteWritten(7, "a"), new NoteWritten(8, "b"));
        await process.EraseAsync(7);
        var channel = Topology.Parse(Partitions).ChannelOf(NoteWritten.Type, "7");
        await view.AddAsync(channel, "data", """{"type":"note.printed","aggregate_id":"7","data":{},"timestamp":"2026-01-01T00:00:00Z"}""");
        await view.AddAsync(channel, "data", """{"type":"page.printed","aggregate_id":"7","data":{},"timestamp":"2026-01-01T00:00:00Z"}""");

        await BusView.Until(view.EffectCountAsync, count => count == 3);
        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        await view.SettledAsync(Group, StreamName.TypeOf(channel));

        Assert.Equal(("unknown_type", channel), (deadLetter["reason"], deadLetter["stream"]));
        Assert.Equal(["a", ObeyNote.Erased], (await view.EffectsAsync()).Where(effect => effect.NoteId == 7).Select(effect => effect.Text));
    }

    [Fact]
    public async Task What_Redis_lost_is_published_again_to_its_partition()
    {
        var place = await CreateAsync(Partitions);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        await process.WriteAsync([.. Enumerable.Range(1, 20).Select(id => new NoteWritten(id, "good"))]);
        await view.PublishedAsync();
        foreach (var channel in Topology.Parse(Partitions).ChannelsOf([NoteWritten.Type]))
            await view.Redis.KeyDeleteAsync(place.Prefix + channel);

        await using var consumer = await BusProcess.StartAsync(place, Group);

        await BusView.Until(view.EffectCountAsync, count => count == 20);
    }

    [Theory]
    [InlineData("PerEventType", "PerAggregate(4)")]
    [InlineData("PerAggregate(4)", "PerAggregate(8, version 2)")]
    [InlineData("PerAggregate(4)", "PerEventType")]
    public async Task A_topology_is_replaced_under_load_without_a_loss_and_in_order(string from, string to)
    {
        var before = await CreateAsync(from);
        var after = before with { Topology = to, ReplacedTopology = from };
        await using var view = await BusView.OfAsync(after);
        await using var writer = await BusProcess.StartAsync(before); // Keeps the earlier topology to the end.
        await using var load = RevisionLoad.On(writer);
        await using var first = BusChild.Start(new BusChildSettings(before) { Groups = [Group] });
        await load.MoreAsync(8);
        await first.KillAsync();
        await load.MoreAsync(5); // Nobody reads: a backlog on the old channels, and one on the new ones.
        await using var newer = await BusProcess.StartAsync(after);
        await TakeLeadershipAsync(before, view);
        await load.MoreAsync(5);

        await using var second = BusChild.Start(new BusChildSettings(after) { Groups = [Group] });
        await using var third = BusChild.Start(new BusChildSettings(after) { Groups = [Group] });
        await load.MoreAsync(8);
        await third.KillAsync();
        await load.MoreAsync(8);
        await load.StopAsync();

        await view.AssertRevisedInOrderAsync(Group, RevisionLoad.Notes, load.Revisions);
        Assert.Equal(to, (string?)await view.Redis.HashGetAsync(before.Prefix + "events:topology", "notes"));
    }

    [Fact]
    public async Task A_process_with_an_unknown_topology_publishes_nothing_and_says_why()
    {
        var place = await CreateAsync(Partitions);
        await using (await BusProcess.StartAsync(place))
        {
            await using var view = await BusView.OfAsync(place);
            await BusView.Until(async () => (string?)await view.Redis.HashGetAsync(place.Prefix + "events:topology", "notes"), name => name == Partitions);
        }

        await using var other = await BusProcess.StartAsync(place with { Topology = "PerAggregate(8)" });
        await other.WriteAsync(new NoteWritten(1, "a"));

        await other.HealthAsync(HealthStatus.Degraded);
        await using var db = place.OpenDatabase();
        Assert.Null((await db.Set<EventLogRow>().SingleAsync(Cancellation)).EntryId);
    }

    private async Task<BusPlace> CreateAsync(string topology)
        => await BusPlace.CreateAsync(redis, postgres) with { HasRevisions = true, Topology = topology };

    /// <summary>Ends the term of the leader until a process with the new topology leads.</summary>
    private static async Task TakeLeadershipAsync(BusPlace before, BusView view)
    {
        await using var db = before.OpenDatabase();
        await BusView.Until(
            async () =>
            {
                var name = (string?)await view.Redis.HashGetAsync(before.Prefix + "events:topology", "notes");
                if (name == before.Topology)
                    await db.Database.ExecuteSqlAsync($"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", Cancellation);
                return name;
            },
            name => name != before.Topology);
    }
}
