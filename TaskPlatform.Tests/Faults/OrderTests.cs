using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>The order of each aggregate's events, while the processes of a group come, go, die and freeze under load.</summary>
[Trait("suite", "faults")]
public sealed class OrderTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task An_owner_that_is_killed_while_it_handles_is_followed_by_another_in_order()
    {
        await using var scene = await Scene.CreateAsync(redis, postgres);
        scene.Start("first");
        scene.Start("second");
        for (var i = 0; i < 2; i++)
        {
            var owner = await scene.OwnerAsync();
            await scene.Load.MoreAsync(5);
            await scene.Children[owner].KillAsync();
            scene.Children.Remove(owner);
            scene.Start($"{owner}-{i}");
            await scene.OwnerAsync(otherThan: owner);
        }

        await scene.AssertOrderAsync();
    }

    [Fact]
    public async Task An_owner_that_freezes_longer_than_its_lease_changes_nothing_when_it_wakes()
    {
        await using var scene = await Scene.CreateAsync(redis, postgres);
        scene.Start("first");
        scene.Start("second");
        var frozen = await scene.OwnerAsync();
        await scene.Load.MoreAsync(5);
        await scene.Children[frozen].PauseAsync();
        await scene.OwnerAsync(otherThan: frozen);
        await scene.Load.MoreAsync(5);
        await scene.Children[frozen].ContinueAsync();
        await scene.Load.MoreAsync(5);

        await scene.AssertOrderAsync();
    }

    [Fact]
    public async Task Three_processes_of_which_one_after_the_other_is_replaced_keep_the_order()
    {
        await using var scene = await Scene.CreateAsync(redis, postgres);
        for (var i = 0; i < 3; i++)
            await scene.JoinAsync($"{i}");
        for (var i = 3; i < 6; i++)
        {
            await scene.Load.MoreAsync(5);
            var oldest = $"{i - 3}";
            await scene.JoinAsync($"{i}");
            await scene.Children[oldest].StopAsync();
            Assert.Equal(0, scene.Children[oldest].ExitCode);
            scene.Children.Remove(oldest);
        }

        await scene.AssertOrderAsync();
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly BusPlace place;
        private readonly BusView view;
        private readonly BusProcess publisher;

        private Scene(BusPlace place, BusView view, BusProcess publisher)
        {
            (this.place, this.view, this.publisher) = (place, view, publisher);
            Load = RevisionLoad.On(publisher);
        }

        public RevisionLoad Load { get; }

        /// <summary>The consuming processes, by instance.</summary>
        public Dictionary<string, BusChild> Children { get; } = [];

        public static async Task<Scene> CreateAsync(RedisServer redis, PostgresServer postgres)
        {
            var place = await BusPlace.CreateAsync(redis, postgres) with { HasRevisions = true };
            return new Scene(place, await BusView.OfAsync(place), await BusProcess.StartAsync(place));
        }

        public void Start(string instance)
            => Children.Add(instance, BusChild.Start(new BusChildSettings(place) { Groups = [Group], InstanceId = instance }));

        /// <summary>Starts a process, and waits until the others know it.</summary>
        public async Task JoinAsync(string instance)
        {
            Start(instance);
            await BusView.Until(() => view.MembersAsync(Group), members => members.Contains(instance));
        }

        /// <summary>Waits for a living owner of the channel.</summary>
        public Task<string> OwnerAsync(string? otherThan = null)
            => BusView.Until(() => view.OwnerAsync(Group, NoteRevised.Type), owner => owner != otherThan && Children.ContainsKey(owner));

        public async Task AssertOrderAsync()
        {
            await Load.StopAsync();
            await view.AssertRevisedInOrderAsync(Group, RevisionLoad.Notes, Load.Revisions);
        }

        public async ValueTask DisposeAsync()
        {
            await Load.DisposeAsync();
            foreach (var child in Children.Values)
                await child.DisposeAsync();
            await publisher.DisposeAsync();
            await view.DisposeAsync();
        }
    }
}
