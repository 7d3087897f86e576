using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>An entry or a group has the largest possible id, after which Redis can't add or count entries.</summary>
[Trait("suite", "faults")]
public sealed class ExtremeIdTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Largest = "18446744073709551615-18446744073709551615";
    private const string Stream = "events:note.written";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_without_free_ids_is_read_measured_and_trimmed_and_an_alert_names_the_remedy()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, options => options.StreamRetention = TimeSpan.FromSeconds(1), Group);
        await view.GroupsAsync("note.written", 1);

        await view.Redis.StreamAddAsync(place.Prefix + Stream, "data", Note(1, "good"), Largest);
        await view.SettledAsync(Group);
        await process.WriteAsync(new NoteWritten(2, "which waits in the log"));

        Assert.Equal(1, Assert.Single(await view.EffectsAsync()).NoteId);
        var streams = process.Services.GetRequiredService<IStreamAdmin>();
        Assert.Equal((Largest, 0L), Assert.Single(await streams.DescribeAsync(["note.written"], Cancellation)) is { LastEntryId: var last, Groups: [var group] } ? (last, group.Lag) : default);
        Assert.Empty(await streams.EntriesAsync("note.written", 10, after: Largest, newestFirst: false, Cancellation));
        Assert.Empty(await streams.EntriesAsync("note.written", 10, after: "0-0", newestFirst: true, Cancellation));
        Assert.Empty(await streams.PendingAsync("note.written", Group, 10, after: Largest, Cancellation));
        var copied = await process.Services.GetRequiredService<IReplays>()
            .CopyAsync(new Replay("copy", "note.written", Group, After: Largest, UpTo: Largest, ReapplyEffects: true), limit: 10, Cancellation);
        Assert.Equal(new ReplayProgress(Next: null, Copied: 0, Gap: null), copied);
        await process.Services.GetServices<IHostedService>().OfType<RetentionService<NotesDb>>().Single().RunOnceAsync(Cancellation);

        await MonitorOf(process).RunOnceAsync(Cancellation);
        await process.HealthAsync(HealthStatus.Degraded);
        Assert.Contains("DEL the stream", await HealthOfAsync(process), StringComparison.Ordinal);

        await view.Redis.KeyDeleteAsync(place.Prefix + Stream); // As the alert recommends.
        await BusView.Until(view.EffectsAsync, effects => effects.Exists(effect => effect.NoteId == 2));
        await view.SettledAsync(Group);
    }

    [Fact]
    public async Task A_group_set_to_the_largest_id_stays_visible_to_admins_and_metrics()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        await view.AddAsync(Stream, "data", Note(1, "good"));
        await view.AddAsync(Stream, "data", Note(2, "good"));
        await view.Redis.StreamCreateConsumerGroupAsync(place.Prefix + Stream, Group, "0");
        await view.Redis.StreamReadGroupAsync(place.Prefix + Stream, Group, "one", count: 1);
        await view.Redis.ExecuteAsync("XGROUP", "SETID", place.Prefix + Stream, Group, Largest);

        var described = Assert.Single(Assert.Single(await process.Services.GetRequiredService<IStreamAdmin>().DescribeAsync(["note.written"], Cancellation)).Groups);
        Assert.Equal((0L, 1L, Largest), (described.Lag, described.Pending, described.LastDeliveredId));
        var sample = (await MonitorOf(process).RunOnceAsync(Cancellation))!.Streams.Single(stream => stream.Stream == Stream);
        Assert.Equal((2L, 1L), (sample.Length, Assert.Single(sample.Groups).Pending));
        await process.Services.GetServices<IHostedService>().OfType<RetentionService<NotesDb>>().Single().RunOnceAsync(Cancellation);
    }

    [Fact]
    public async Task A_dead_letter_queue_without_free_ids_loses_no_event_and_is_recreated_once_it_is_empty()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, options => options.ClaimInterval = TimeSpan.FromMilliseconds(100), Group);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        await view.Redis.StreamAddAsync(place.Prefix + "event_dlq", "data", "{}", Largest);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood), new NoteWritten(2, "good"));
        await BusView.Until(view.EffectsAsync, effects => effects.Exists(effect => effect.NoteId == 2));
        await MonitorOf(process).RunOnceAsync(Cancellation);
        await process.HealthAsync(HealthStatus.Degraded);
        await BusView.Until(() => HealthOfAsync(process), text => text.Contains("reprocess or delete", StringComparison.Ordinal));
        var found = Assert.Single((await queue.ListAsync(DeadLetterFilter.All, 10, after: null, Cancellation)).Items);
        Assert.Equal(Largest, found.Id);
        Assert.Empty((await queue.ListAsync(DeadLetterFilter.All, 10, after: "0-0", Cancellation)).Items);

        var purge = new DeadLetterSweep(SweepAction.Delete, DeadLetterFilter.All, Largest, After: null, "purge", Limit: 1);
        var progress = await queue.SweepAsync(purge, Cancellation);
        Assert.Equal((1, Largest), (progress.Handled, progress.Next));
        Assert.Null((await queue.SweepAsync(purge with { After = progress.Next }, Cancellation)).Next);

        Assert.NotEqual(Largest, Assert.Single(await view.DeadLettersAsync(1))["id"]);
        await view.AssertExactlyOnceAsync(Group, notes: 2);

        // The queue has no ids left even if another program empties it.
        await view.Redis.StreamAddAsync(place.Prefix + "event_dlq", "data", "{}", Largest);
        await view.Redis.ExecuteAsync("XTRIM", place.Prefix + "event_dlq", "MAXLEN", "0");
        await process.WriteAsync(new NoteWritten(3, ObeyNote.FailForGood));
        await view.DeadLettersAsync(1);
    }

    private static string Note(int id, string text)
        => $$$"""{"type":"note.written","aggregate_id":"{{{id}}}","data":{"note_id":{{{id}}},"text":"{{{text}}}"},"timestamp":"2025-01-15T10:30:00Z"}""";

    private static BusMonitor MonitorOf(BusProcess process) => process.Services.GetServices<IHostedService>().OfType<BusMonitor>().Single();

    private static async Task<string> HealthOfAsync(BusProcess process)
        => (await process.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Entries["event-bus"].Description ?? "";
}
