using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Ordered groups: a revision of some notes fails for good, while all notes are revised again and again.</summary>
[Trait("suite", "faults")]
public sealed class SequenceTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const int FailingRevision = 5;
    private const int FailingNotes = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("PerAggregate(4)")]
    public async Task What_is_parked_behind_a_dead_letter_follows_in_order_when_it_is_reprocessed(string? topology)
    {
        await using var scene = await Scene.CreateAsync(redis, postgres, topology);
        await using var consumer = BusChild.Start(new BusChildSettings(scene.Place) { Groups = [Group] });
        await scene.BlockAsync();

        await scene.MendAsync();
        Assert.All(await scene.DeadLetters.ReprocessAsync(await scene.DeadLetterIdsAsync(), Cancellation), result => Assert.Equal(ReprocessOutcome.Reprocessed, result.Outcome));
        await scene.Load.MoreAsync(5);

        await scene.AssertInOrderAsync(without: null);
    }

    [Fact]
    public async Task What_is_parked_behind_a_dead_letter_follows_in_order_when_that_is_skipped()
    {
        await using var scene = await Scene.CreateAsync(redis, postgres);
        await using var consumer = BusChild.Start(new BusChildSettings(scene.Place) { Groups = [Group] });
        await scene.BlockAsync();

        await scene.DeadLetters.SkipAsync(await scene.DeadLetterIdsAsync(), Cancellation);
        await scene.Load.MoreAsync(5);

        await scene.AssertInOrderAsync(without: FailingRevision);
    }

    [Fact]
    public async Task A_group_whose_processes_are_killed_again_and_again_parks_retries_and_follows_in_order()
    {
        await using var scene = await Scene.CreateAsync(redis, postgres);
        for (var i = 0; i < 3; i++)
        {
            await using var killed = BusChild.Start(new BusChildSettings(scene.Place) { Groups = [Group] });
            await scene.Load.MoreAsync(8);
            await killed.KillAsync();
        }

        await using var consumer = BusChild.Start(new BusChildSettings(scene.Place) { Groups = [Group] });
        await scene.BlockAsync();
        await scene.MendAsync();
        await scene.DeadLetters.ReprocessAsync(await scene.DeadLetterIdsAsync(), Cancellation);
        await scene.Load.MoreAsync(5);
        await consumer.KillAsync();
        await using var last = BusChild.Start(new BusChildSettings(scene.Place) { Groups = [Group] });

        await scene.AssertInOrderAsync(without: null);
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly BusView view;
        private readonly BusProcess publisher;

        private Scene(BusPlace place, BusView view, BusProcess publisher)
        {
            (Place, this.view, this.publisher) = (place, view, publisher);
            Load = RevisionLoad.On(publisher);
        }

        public BusPlace Place { get; }

        public RevisionLoad Load { get; }

        public IDeadLetterQueue DeadLetters => publisher.Services.GetRequiredService<IDeadLetterQueue>();

        public static async Task<Scene> CreateAsync(RedisServer redis, PostgresServer postgres, string? topology = null)
        {
            var place = await BusPlace.CreateAsync(redis, postgres) with { HasRevisions = true, IsOrdered = true, Topology = topology };
            await using var db = place.OpenDatabase();
            db.Notes.Add(new Note { Id = -FailingRevision, Text = $"{FailingNotes}" });
            await db.SaveChangesAsync(Cancellation);
            return new Scene(place, await BusView.OfAsync(place), await BusProcess.StartAsync(place));
        }

        /// <summary>Waits until the failing notes are blocked, each by one dead letter, and the others are revised further.</summary>
        public async Task BlockAsync()
        {
            await BusView.Until(() => DeadLetters.CountAllAsync(Cancellation), count => count == FailingNotes);
            await Load.MoreAsync(10);
            await BusView.Until(
                view.EffectsAsync,
                effects => effects.Count(effect => effect.NoteId > FailingNotes && effect.Text == "12") == RevisionLoad.Notes - FailingNotes);
            Assert.DoesNotContain(await view.EffectsAsync(), effect => effect.NoteId <= FailingNotes && effect.Text == $"{FailingRevision + 1}");
            Assert.Equal(FailingNotes, await DeadLetters.CountAllAsync(Cancellation));
        }

        public async Task MendAsync()
        {
            await using var db = Place.OpenDatabase();
            await db.Notes.Where(note => note.Id == -FailingRevision).ExecuteDeleteAsync(Cancellation);
        }

        public async Task<List<string>> DeadLetterIdsAsync()
            => [.. (await DeadLetters.ListAsync(DeadLetterFilter.All, 100, null, Cancellation)).Items.Select(deadLetter => deadLetter.Id)];

        /// <summary>In the end nothing is parked, and every note was revised in order, each revision once.</summary>
        public async Task AssertInOrderAsync(int? without)
        {
            await Load.StopAsync();
            await BusView.Until(
                async () =>
                {
                    await using var db = Place.OpenDatabase();
                    return (await db.Set<ParkedEventRow>().CountAsync(Cancellation), await db.Effects.CountAsync(Cancellation));
                },
                counts => counts == (0, (RevisionLoad.Notes * Load.Revisions) - (without is null ? 0 : FailingNotes)));
            foreach (var note in (await view.EffectsAsync()).GroupBy(effect => effect.NoteId))
            {
                Assert.Equal(
                    Enumerable.Range(1, Load.Revisions).Where(revision => revision != without || note.Key > FailingNotes).Select(revision => $"{revision}"),
                    note.Select(effect => effect.Text));
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Load.DisposeAsync();
            await publisher.DisposeAsync();
            await view.DisposeAsync();
        }
    }
}
