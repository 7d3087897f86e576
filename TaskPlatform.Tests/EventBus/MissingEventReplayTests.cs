using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Replays of events that Redis never had or no longer has: the log is queried before a replay is done.</summary>
public sealed class MissingEventReplayTests(PostgresServer postgres)
{
    private const string Type = "note.written";
    private const string Group = "readers";
    private const int Count = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_that_an_empty_server_never_had_come_from_the_log()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var first = await BusProcess.StartAsync(place, options => options.StreamRetention = TimeSpan.FromSeconds(1)))
            await WriteAsync(view, first);
        var last = (await view.EntriesAsync("events:note.written"))[^1]["id"];
        await AgeAsync(place);

        await view.Redis.ExecuteAsync("FLUSHALL");
        await using var process = await BusProcess.StartAsync(place, options => options.StreamRetention = TimeSpan.FromSeconds(1), Group);
        await view.GroupsAsync(Type, 1);
        Assert.Empty(await view.EntriesAsync("events:note.written")); // Too old to be republished.
        var replayed = await ReplayAsync(process, after: "0-0", cutoff: last);

        Assert.Equal((Count, 0), replayed);
        await view.SettledAsync(Group);
        Assert.Equal(Count, await view.EffectCountAsync());
    }

    [Fact]
    public async Task A_republished_event_is_replayed_by_its_original_time()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await WriteAsync(view, process);
        await view.SettledAsync(Group);
        var last = (await view.EntriesAsync("events:note.written"))[^1]["id"];

        await view.Redis.ExecuteAsync("FLUSHALL");
        await BusView.Until(view.DeliveriesAsync, entries => entries == Count);
        await view.SettledAsync(Group);
        var replayed = await ReplayAsync(process, after: "0-0", cutoff: last);

        Assert.Equal((Count, 0), replayed);
        await view.SettledAsync(Group);
        Assert.Equal(2 * Count, await view.EffectCountAsync());
    }

    /// <summary>Replays like a job.</summary>
    /// <returns>The number of events from the log, and from the stream.</returns>
    private static async Task<(long FromLog, long FromStream)> ReplayAsync(BusProcess process, string after, string cutoff)
    {
        var replays = process.Services.GetRequiredService<IReplays>();
        var (fromLog, fromStream) = (0L, 0L);
        for (string? cursor = after; cursor is not null;)
        {
            var replay = new Replay("replay", Type, Group, cursor, cutoff, ReapplyEffects: true);
            var progress = await replays.CopyAsync(replay, 100, Cancellation);
            if (progress.Gap is { } gap)
            {
                var request = new LogReplay("notes", replay with { UpTo = gap }, Rate: null, cutoff);
                fromLog += (await BusView.Until(() => replays.RequestAsync(request, Cancellation), answer => answer.Done)).Added;
                cursor = gap;
                continue;
            }

            fromStream += progress.Copied;
            cursor = progress.Next;
        }

        return (fromLog, fromStream);
    }

    private static async Task WriteAsync(BusView view, BusProcess process)
    {
        await process.WriteAsync([.. Enumerable.Range(1, Count).Select(i => new NoteWritten(i, "good"))]);
        await view.PublishedAsync();
    }

    /// <summary>Makes the events look as if they had been published an hour ago.</summary>
    private static async Task AgeAsync(BusPlace place)
    {
        await using var db = place.OpenDatabase();
        await db.Database.ExecuteSqlRawAsync("UPDATE event_log SET published_at = published_at - interval '1 hour'", Cancellation);
    }
}
