using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Streams are trimmed under load, but never past entries that a group has not finished.</summary>
[Trait("suite", "faults")]
public sealed class TrimmingTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Stopped = "stopped";
    private const string Stream = "events:note.written";

    [Fact]
    public async Task A_stopped_group_blocks_trimming_and_a_metric_shows_it_until_the_group_is_back()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        using var metric = new HeldBack(Stopped);
        await using (await BusProcess.StartAsync(place, Trim, Group, Stopped))
        {
            // Both groups are known now.
            await view.GroupsAsync("note.written", 2);
        }

        await using var process = await BusProcess.StartAsync(place, Trim, Group);
        await using var load = Load.On(process, TimeSpan.FromMilliseconds(1));
        await load.MoreAsync(500);
        await BusView.Until(() => Task.FromResult(metric.Age), age => age > 1);
        Assert.Equal(load.Written, (await view.EntriesAsync(Stream)).Count, tolerance: 50);

        await using (await BusProcess.StartAsync(place, Trim, Stopped))
        {
            await BusView.Until(view.DeliveriesAsync, entries => entries < load.Written - 200);
            await load.StopAsync();
            await view.AssertExactlyOnceAsync(Group, load.Written, trimmed: true);
            await view.AssertExactlyOnceAsync(Stopped, load.Written, trimmed: true);
        }

        await BusView.Until(() => Task.FromResult(metric.Age), age => age == 0);
    }

    [Fact]
    public async Task A_pending_entry_blocks_trimming()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Trim, Group);
        await process.WriteAsync(new NoteWritten(0, ObeyNote.Wait(TimeSpan.FromSeconds(12))));
        var slow = Assert.Single(await process.Seen.TakeAsync(1));
        await process.WriteAsync([.. Enumerable.Range(1, 300).Select(i => new NoteWritten(i, "good"))]);

        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);

        Assert.Equal(slow.EntryId, (await view.EntriesAsync(Stream))[0]["id"]);
        await BusView.Until(view.DeliveriesAsync, entries => entries < 200);
        await view.AssertExactlyOnceAsync(Group, 301, trimmed: true);
    }

    [Theory]
    [InlineData("9000000000000000-7")]
    [InlineData("18446744073709551614-0")]
    public async Task After_an_id_from_the_future_trimming_uses_the_time_of_arrival_and_an_alert_fires(string future)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place, services => services.Configure<AlertOptions>(alerts => alerts.Interval = TimeSpan.FromMilliseconds(100)), Trim, Group, Stopped);
        await view.GroupsAsync("note.written", 2);
        await view.Redis.ExecuteAsync(
            "XADD", place.Prefix + Stream, future, "data",
            """{"type":"note.written","aggregate_id":"0","data":{"note_id":0,"text":"x"},"timestamp":"2025-01-15T10:30:00Z"}""");
        await process.WriteAsync([.. Enumerable.Range(1, 300).Select(i => new NoteWritten(i, "good"))]);
        await view.PublishedAsync();

        await BusView.Until(view.DeliveriesAsync, entries => entries < 200);
        await view.SettledAsync(Group);
        await view.SettledAsync(Stopped);
        Assert.Equal(2 * 301, (await view.EffectsAsync()).DistinctBy(effect => (effect.Group, effect.NoteId)).Count());
        await process.HealthAsync(HealthStatus.Degraded);
        Assert.Contains(process.Services.GetRequiredService<BusHealth>().Alerts, alert => alert is { Rule: "ids_ahead", Subject: Stream });
    }

    [Fact]
    public async Task Trimming_is_refused_while_an_expected_group_is_missing()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var both = await BusProcess.StartAsync(place, Group, Stopped))
        {
            await both.WriteAsync([.. Enumerable.Range(1, 300).Select(i => new NoteWritten(i, "good"))]);
            await view.SettledAsync(Group);
            await view.SettledAsync(Stopped);
        }

        await view.Redis.StreamDeleteConsumerGroupAsync(place.Prefix + Stream, Stopped);
        await using var process = await BusProcess.StartAsync(place, options => options.StreamRetention = TimeSpan.FromSeconds(1), Group);
        var trimmer = process.Services.GetRequiredService<IEventTransport>().Capabilities.Trimmer!;
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        await trimmer.TrimAsync(["note.written"], TestContext.Current.CancellationToken);
        Assert.Equal(300, await view.DeliveriesAsync());

        // The effect of removing a group.
        await view.Redis.HashDeleteAsync(place.Prefix + "events:groups", $"{Stream} {Stopped}");
        await trimmer.TrimAsync(["note.written"], TestContext.Current.CancellationToken);
        Assert.InRange(await view.DeliveriesAsync(), 0, 100);
    }

    [Fact]
    public async Task Old_rows_are_deleted_from_inbox_and_log_but_never_before_their_entries_are_trimmed()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                options.StreamRetention = TimeSpan.FromSeconds(4);
                options.LogRetention = TimeSpan.FromSeconds(1); // Shorter than the stream's retention, so it is ignored.
                options.InboxRetention = TimeSpan.FromSeconds(4);
                options.RetentionInterval = TimeSpan.FromHours(1);
            },
            Group);
        await process.WriteAsync(new NoteWritten(1, "good"), new NoteWritten(2, "good"));
        await view.SettledAsync(Group);
        var retention = process.Services.GetServices<IHostedService>().OfType<RetentionService<NotesDb>>().Single();

        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        await retention.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.Equal((2, 2), await view.RowsAsync());

        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        await process.WriteAsync(new NoteWritten(3, "good"));
        await view.SettledAsync(Group);
        await retention.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1, 1), await view.RowsAsync());
    }

    private static void Trim(EventBusOptions options)
    {
        options.StreamRetention = TimeSpan.FromSeconds(1);
        options.RetentionInterval = TimeSpan.FromMilliseconds(200);
        options.ClaimIdle = TimeSpan.FromSeconds(1);
        options.ClaimInterval = TimeSpan.FromMilliseconds(200);
    }

    /// <summary>The metric that an operator's alert would use.</summary>
    private sealed class HeldBack : IDisposable
    {
        private readonly MeterListener listener = new();
        private double age;

        public HeldBack(string group)
        {
            listener.InstrumentPublished = (instrument, all) =>
            {
                if (instrument.Name == "eventbus.stream.held_back.age")
                    all.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
            {
                if (tags.ToArray().Contains(new("group", group)))
                    Volatile.Write(ref age, value);
            });
            listener.Start();
        }

        public double Age => Volatile.Read(ref age);

        public void Dispose() => listener.Dispose();
    }
}
