using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>A publisher uses an event id for different events: each skipped event is reported.</summary>
public sealed class ReusedIdTests(RedisServer redis, PostgresServer postgres)
{
    private const string Stream = "events:note.written";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Different_events_with_the_same_id_become_separate_dead_letters_and_duplicates_become_one()
    {
        const string Group = "readers";
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        var (unreadable, unknown, readable) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());

        for (var i = 0; i < 5; i++)
        {
            await AddAsync(unreadable, "no event");
            await AddAsync(unknown, Note("good").Replace("note.written", "note.burnt", StringComparison.Ordinal));
        }

        foreach (var text in new[] { "fail once", "fail twice", "fail once", "fail twice" })
            await AddAsync(readable, Note(text));
        await view.SettledAsync(Group);

        var deadLetters = await view.EntriesAsync("event_dlq");
        Assert.Equal(
            [(readable, 2), (unknown, 1), (unreadable, 5)],
            deadLetters.GroupBy(deadLetter => deadLetter["reason"]).OrderBy(kind => kind.Key).Select(kind => (Guid.Parse(kind.First()["event_id"]), kind.Count())));
        Assert.Equal([Note("fail once"), Note("fail twice")], deadLetters.Where(deadLetter => deadLetter["reason"] == "rejected").Select(deadLetter => deadLetter["data"]));
        Assert.Equal(deadLetters.Select(deadLetter => deadLetter["event_id"]).Order(), (await view.DeathsAsync()).Select(death => death.EventId.ToString()).Order());

        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        var reprocessed = deadLetters.Where(deadLetter => deadLetter["reason"] == "rejected").Select(deadLetter => deadLetter["id"]).ToList();
        await queue.ReprocessAsync(reprocessed, Cancellation);
        await BusView.Until(() => view.EntriesAsync("event_dlq"), now => now.Count == deadLetters.Count && !now.Exists(deadLetter => reprocessed.Contains(deadLetter["id"])));
        await queue.DeleteAsync([.. (await view.EntriesAsync("event_dlq")).Select(deadLetter => deadLetter["id"])], Cancellation);
        Assert.False(await view.Redis.KeyExistsAsync(place.Prefix + "event_dlq:index"));

        Task AddAsync(Guid eventId, string data) => view.AddAsync(Stream, "event_id", eventId.ToString(), "data", data);
    }

    [Fact]
    public async Task A_skipped_event_with_different_content_is_counted()
    {
        const string Group = "reused-id-readers";
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        var reused = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, all) =>
            {
                if (instrument.Name == "eventbus.inbox.reused_ids")
                    all.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags.ToArray().Contains(new("group", Group)))
                Interlocked.Add(ref reused, value);
        });
        listener.Start();
        var id = Guid.CreateVersion7().ToString();

        await view.AddAsync(Stream, "event_id", id, "data", Note("first"));
        await view.SettledAsync(Group);
        foreach (var text in new[] { "first", "second", "first" })
            await view.AddAsync(Stream, "event_id", id, "data", Note(text));

        await BusView.Until(() => Task.FromResult(Interlocked.Read(ref reused)), count => count > 0);
        await view.SettledAsync(Group);
        Assert.Equal((1, "first"), (Interlocked.Read(ref reused), Assert.Single(await view.EffectsAsync()).Text));
    }

    private static string Note(string text)
        => $$$"""{"type":"note.written","aggregate_id":"1","data":{"note_id":1,"text":"{{{text}}}"},"timestamp":"2025-01-15T10:30:00Z"}""";
}
