using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Processes that are shut down gracefully, as in a deployment.</summary>
[Trait("suite", "faults")]
public sealed class RestartTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task A_rolling_restart_of_two_publishers_and_two_consumers_under_load_loses_and_repeats_no_event()
    {
        const int Each = 300;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var running = new Queue<BusChild>();
        try
        {
            for (var i = 0; i < 2; i++)
                running.Enqueue(BusChild.Start(Settings(place, i * Each, Each)));
            for (var round = 1; round <= 4; round++)
            {
                await view.NotesAsync((round * Each / 2) + 1);
                running.Enqueue(BusChild.Start(Settings(place, (round + 1) * Each, Each)));
                await using var oldest = running.Dequeue();
                await oldest.StopAsync();
                Assert.True(oldest.ExitCode == 0, oldest.LastOutput);
            }

            await view.NoteAsync(5 * Each);
            await view.NoteAsync(6 * Each);

            await view.AssertExactlyOnceAsync(Group);
            await view.AssertNoAttemptSpentAsync();
        }
        finally
        {
            foreach (var child in running)
                await child.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_stopping_consumer_finishes_running_handlers_and_releases_the_rest_immediately()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var patient = new BusChildSettings(place) { Groups = [Group], ClaimIdle = TimeSpan.FromMinutes(5) };
        await using var first = BusChild.Start(patient with { InstanceId = "first" });
        await using (var writer = await BusProcess.StartAsync(place))
        {
            await writer.WriteAsync([.. Enumerable.Range(1, 40).Select(i => new NoteWritten(i, ObeyNote.Wait(TimeSpan.FromSeconds(0.5))))]);
            await view.PublishedAsync();
        }

        await view.PendingAsync(Group, 40);
        await BusView.Until(view.EffectCountAsync, effects => effects > 0);
        await first.StopAsync();
        var finished = await view.EffectCountAsync();
        await using var second = BusChild.Start(patient with { InstanceId = "second" });
        await view.AssertExactlyOnceAsync(Group, notes: 40);

        Assert.InRange(finished, 1, 30);
        await view.AssertNoAttemptSpentAsync();
        Assert.DoesNotContain("notes:first", await view.ConsumersAsync(Group));
    }

    [Fact]
    public async Task A_consumer_that_stops_during_a_backlog_leaves_no_pending_entries()
    {
        const int Notes = 600;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var writer = await BusProcess.StartAsync(place))
        {
            await writer.WriteAsync([.. Enumerable.Range(1, Notes).Select(i => new NoteWritten(i, "good"))]);
            await view.PublishedAsync();
        }

        // Each stops while the reply to its next read is in flight.
        for (var i = 0; i < 6; i++)
        {
            await using (var reader = await BusProcess.StartAsync(place, options => options.Prefetch = 32, Group))
                await reader.Seen.TakeAsync(32);
            Assert.All(await view.ConsumersAsync(Group), name => Assert.Equal("(released)", name));
        }

        Assert.InRange(await view.EffectCountAsync(), 6 * 32, Notes - 1);
        await using var last = await BusProcess.StartAsync(place, options => options.ClaimInterval = TimeSpan.FromSeconds(0.1), Group);
        await view.AssertExactlyOnceAsync(Group, Notes);
        await view.AssertNoAttemptSpentAsync();
    }

    [Fact]
    public async Task A_consumer_with_a_fixed_name_resumes_its_pending_entries_after_a_restart()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var settings = new BusChildSettings(place) { Groups = [Group], ClaimIdle = TimeSpan.FromMinutes(5), InstanceId = "reader-0" };
        await using (var first = BusChild.Start(settings))
        {
            await using (var writer = await BusProcess.StartAsync(place))
                await writer.WriteAsync([.. Enumerable.Range(1, 20).Select(i => new NoteWritten(i, ObeyNote.Wait(TimeSpan.FromSeconds(0.2))))]);
            await view.PendingAsync(Group, 20);
            await first.KillAsync();
        }

        await using var second = BusChild.Start(settings);

        await view.AssertExactlyOnceAsync(Group, notes: 20);
        Assert.Equal(["notes:reader-0"], await view.ConsumersAsync(Group));
    }

    private static BusChildSettings Settings(BusPlace place, int first, int count)
        => new(place) { Groups = [Group], Write = [.. Enumerable.Range(first + 1, count).Select(i => new NoteWritten(i, "good"))] };
}
