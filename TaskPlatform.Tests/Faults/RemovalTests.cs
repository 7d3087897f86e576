using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Another program removes entries that a group has not finished, as examples of many clients do. They are republished from the log.</summary>
[Trait("suite", "faults")]
public sealed class RemovalTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Other = "others";
    private const string Stream = "events:note.written";

    [Fact]
    public async Task Entries_that_another_publisher_trims_while_the_group_is_stopped_are_republished_and_an_alert_fires()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (await BusProcess.StartAsync(place, Group, Other))
            await view.GroupsAsync("note.written", 2);
        await using var publisher = await StartAsync(place, Other);
        await publisher.WriteAsync([.. Enumerable.Range(1, 20).Select(i => new NoteWritten(i, "good"))]);
        await view.SettledAsync(Other);

        await TrimAsync(view, place); // Leaves 4 of the 20 entries.
        await BusView.Until(view.DeliveriesAsync, entries => entries >= 20);
        await using var process = await StartAsync(place, Group);

        await AssertHandledOnceAsync(view, 20, Group, Other);
        await AssertAlertAsync(publisher, Group);
    }

    [Fact]
    public async Task Entries_that_another_publisher_trims_while_the_group_reads_are_republished()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await StartAsync(place, Group);
        await view.GroupsAsync("note.written", 1);
        await using var load = Load.On(process, TimeSpan.FromMilliseconds(1));

        for (var i = 0; i < 100; i++)
        {
            await load.MoreAsync(3);
            await TrimAsync(view, place);
        }

        await load.StopAsync();
        await AssertHandledOnceAsync(view, load.Written, Group);
    }

    [Fact]
    public async Task A_retry_that_is_trimmed_before_its_group_reads_it_is_restored()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var failing = await StartAsync(place, Group))
        {
            await failing.WriteAsync(new NoteWritten(1, ObeyNote.Fail));
            await BusView.Until(() => view.Redis.SortedSetLengthAsync(place.Prefix + "events:retry"), waiting => waiting > 0);
        }

        await using var other = await StartAsync(place, Other); // It forwards the retry, which only the stopped group handles.
        bool IsRetry(Dictionary<string, string> entry) => entry.GetValueOrDefault("target_group") == Group && entry.ContainsKey("attempt");
        var retry = (await BusView.Until(() => view.EntriesAsync(Stream), entries => entries.Exists(IsRetry))).Find(IsRetry)!;

        for (var i = 0; i < 6; i++)
            await TrimAsync(view, place);
        Assert.DoesNotContain(await view.EntriesAsync(Stream), IsRetry);
        await BusView.Until(
            () => view.EntriesAsync(Stream), entries => entries.Exists(entry => entry.GetValueOrDefault("event_id") == retry["event_id"] && !entry.ContainsKey("attempt")));
        await using var process = await StartAsync(place, Group);

        bool IsOurs(Dictionary<string, string> letter) => letter["group"] == Group && letter["event_id"] == retry["event_id"];
        var letter = Assert.Single(await BusView.Until(() => view.EntriesAsync("event_dlq"), letters => letters.Exists(IsOurs)), IsOurs);
        Assert.Equal(("exhausted", "4"), (letter["reason"], letter["attempts"]));
        await AssertAlertAsync(process, Group);
        await BusView.Until(() => view.Redis.KeyExistsAsync(place.Prefix + "events:targeted"), exists => !exists); // The record is deleted when the event is finished.
    }

    /// <summary>Adds an entry and trims all but the last five, as examples of many clients do.</summary>
    private static async Task TrimAsync(BusView view, BusPlace place)
        => await view.Redis.ExecuteAsync("XADD", place.Prefix + Stream, "MAXLEN", "5", "*", "target_group", Group, "data", "not an event's");

    private static async Task AssertHandledOnceAsync(BusView view, int notes, params string[] groups)
    {
        foreach (var group in groups)
        {
            await BusView.Until(
                async () => (await view.EffectsAsync()).Where(effect => effect.Group == group).DistinctBy(effect => effect.NoteId).Count(), handled => handled == notes);
            await view.SettledAsync(group);
            Assert.Equal(Enumerable.Range(1, notes), (await view.EffectsAsync()).Where(effect => effect.Group == group).Select(effect => effect.NoteId).Order());
        }
    }

    private static async Task AssertAlertAsync(BusProcess process, string group)
        => await BusView.Until(
            () => Task.FromResult(process.Services.GetRequiredService<BusHealth>().Alerts),
            alerts => alerts.Any(alert => alert.Rule == "lost_entries" && alert.Subject == $"{Stream} {group}"));

    private static Task<BusProcess> StartAsync(BusPlace place, params string[] groups)
        => BusProcess.StartAsync(
            place,
            services => services.Configure<AlertOptions>(alerts => alerts.Interval = TimeSpan.FromMilliseconds(100)),
            options =>
            {
                options.RetryDelays.Clear();
                options.RetryDelays.Add(TimeSpan.FromSeconds(2));
                options.ClaimIdle = TimeSpan.FromMilliseconds(500);
                options.ClaimInterval = TimeSpan.FromMilliseconds(200);
            },
            groups);
}
