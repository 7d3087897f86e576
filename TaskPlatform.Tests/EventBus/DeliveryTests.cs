using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

public sealed class DeliveryTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task An_appended_event_is_published_handled_once_and_acked()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await process.WriteAsync(new NoteWritten(123, "Fix <bug> – ünïcode"));
        await process.Seen.TakeAsync(1);
        await view.SettledAsync(Group);

        var entry = Assert.Single(await view.EntriesAsync("events:note.written"));
        using var json = JsonDocument.Parse(entry["data"]);
        Assert.Equal(["type", "aggregate_id", "aggregate_type", "data", "timestamp"], json.RootElement.EnumerateObject().Select(m => m.Name));
        Assert.Equal("123", json.RootElement.GetProperty("aggregate_id").GetString());
        Assert.Equal("note", json.RootElement.GetProperty("aggregate_type").GetString());
        Assert.Equal("""{"note_id":123,"text":"Fix <bug> – ünïcode"}""", json.RootElement.GetProperty("data").GetRawText());
        var effect = Assert.Single(await view.EffectsAsync());
        Assert.Equal(effect.EventId.ToString(), entry["event_id"]);
        Assert.Equal(0, await view.WaitingAsync());
    }

    [Fact]
    public async Task An_event_with_nothing_but_data_is_handled()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await view.AddAsync("events:note.written",
            "data", """{"type":"note.written","aggregate_id":"7","aggregate_type":"note","data":{"note_id":7,"text":"from afar","extra":[1]},"timestamp":"2025-01-15T10:30:00"}""");

        var context = Assert.Single(await process.Seen.TakeAsync(1));
        Assert.Equal(new DateTimeOffset(2025, 1, 15, 10, 30, 0, TimeSpan.Zero), context.Timestamp);
        await view.SettledAsync(Group);
        Assert.Equal("from afar", Assert.Single(await view.EffectsAsync()).Text);
    }

    [Fact]
    public async Task Events_published_before_the_group_existed_are_handled()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using (var publisher = await BusProcess.StartAsync(place))
            await publisher.WriteAsync([.. Enumerable.Range(1, 1000).Select(i => new NoteWritten(i, "early"))]);

        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);
        await process.Seen.TakeAsync(1000);
        await view.SettledAsync(Group);

        Assert.Equal(Enumerable.Range(1, 1000), (await view.EffectsAsync()).Select(e => e.NoteId).Order());
    }

    [Fact]
    public async Task A_second_process_of_a_service_wakes_the_dispatcher_once_per_commit()
    {
        const int commits = 20;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var leader = await BusProcess.StartAsync(place, Group);
        await leader.WriteAsync(new NoteWritten(0, "leads"));
        await leader.Seen.TakeAsync(1);
        var wakes = 0;
        await view.ListenAsync("events:wake", () => Interlocked.Increment(ref wakes));

        await using var second = await BusProcess.StartAsync(place);
        for (var i = 1; i <= commits; i++)
        {
            await second.WriteAsync(new NoteWritten(i, "wakes"));
            await leader.Seen.TakeAsync(1);
        }

        await view.Redis.PingAsync(); // After the reply, earlier messages have arrived.
        Assert.InRange(Volatile.Read(ref wakes), 1, commits);
    }

    [Fact]
    public async Task A_failing_event_is_retried_three_times_and_dead_lettered_while_others_are_handled()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await process.WriteAsync(new NoteWritten(1, "good"), new NoteWritten(2, ObeyNote.Fail), new NoteWritten(3, "good"));
        var deadLetters = await view.DeadLettersAsync(1);

        var entries = await view.EntriesAsync("events:note.written");
        var deadLetter = Assert.Single(deadLetters);
        Assert.Equal("exhausted", deadLetter["reason"]);
        Assert.Equal("4", deadLetter["attempts"]);
        Assert.Equal("This note fails.", deadLetter["error"]);
        Assert.Equal(typeof(InvalidOperationException).FullName, deadLetter["exception"]);
        Assert.True(DateTimeOffset.TryParse(deadLetter["failed_at"], out _));
        var deliveries = entries.Where(e => e["event_id"] == deadLetter["event_id"]).ToList();
        Assert.Equal([null, "1", "2", "3"], deliveries.Select(e => e.GetValueOrDefault("attempt")));
        Assert.Equal(deliveries[0]["id"], deadLetter["first_entry_id"]);
        Assert.Equal(deliveries[3]["id"], deadLetter["original_id"]);
        Assert.All(deliveries, delivery => Assert.Equal(deadLetter["data"], delivery["data"]));
        await view.SettledAsync(Group);
        Assert.Equal([1, 3], (await view.EffectsAsync()).Select(e => e.NoteId).Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task The_number_of_retries_of_a_handler_replaces_that_of_the_options(int retries)
    {
        var place = (await BusPlace.CreateAsync(redis, postgres)) with { HandlerRetries = [.. Enumerable.Repeat(TimeSpan.FromMilliseconds(20), retries)] };
        await using var process = await BusProcess.StartAsync(place, options => options.MaxRetries = 2, Group);
        await using var view = await BusView.OfAsync(place);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail));

        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("exhausted", $"{1 + retries}"), (deadLetter["reason"], deadLetter["attempts"]));
    }

    [Fact]
    public async Task The_retry_delays_of_a_handler_replace_those_of_the_options()
    {
        var delay = TimeSpan.FromSeconds(1);
        var place = (await BusPlace.CreateAsync(redis, postgres)) with { HandlerRetries = [delay] };
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail));
        await view.DeadLettersAsync(1);

        var times = (await view.EntriesAsync("events:note.written")).ConvertAll(entry => EntryId.Parse(entry["id"]).Time);
        Assert.Equal(2, times.Count);
        Assert.InRange(times[1] - times[0], 0.8 * delay, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_permanent_failure_is_dead_lettered_immediately()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood));

        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal("rejected", deadLetter["reason"]);
        Assert.Equal("1", deadLetter["attempts"]);
        Assert.Single(await view.EntriesAsync("events:note.written"));
    }

    [Theory]
    [InlineData("other", "{}", "unreadable")]
    [InlineData("data", "", "unreadable")]
    [InlineData("data", "{\"type\":", "unreadable")]
    [InlineData("data", "[]", "unreadable")]
    [InlineData("data", """{"type":"note.written"}""", "unreadable")]
    [InlineData("data", """{"type":"note.written","aggregate_id":1,"data":{},"timestamp":"2025-01-15T10:30:00Z"}""", "unreadable")]
    [InlineData("data", """{"type":"note.written","aggregate_id":"1","data":{"note_id":"one"},"timestamp":"2025-01-15T10:30:00Z"}""", "unreadable")]
    [InlineData("data", """{"type":"note.burnt","aggregate_id":"1","data":{},"timestamp":"2025-01-15T10:30:00Z"}""", "unknown_type")]
    public async Task A_malformed_entry_is_dead_lettered_and_blocks_no_other(string field, string value, string reason)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await view.AddAsync("events:note.written", field, value);
        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        await process.WriteAsync(new NoteWritten(1, "after it"));
        await process.Seen.TakeAsync(1);

        Assert.Equal(reason, deadLetter["reason"]);
        Assert.Equal(field == "data" ? value : "", deadLetter["data"]);
        Assert.NotEmpty(deadLetter["error"]);
        await view.SettledAsync(Group);
    }

    [Fact]
    public void The_same_handler_twice_for_an_event_fails_with_its_name()
    {
        var bus = new EventBusBuilder(new ServiceCollection()).AddEvents(events => events.Add<NoteWritten>());

        var twice = Assert.Throws<InvalidOperationException>(() => bus.AddConsumerGroup("readers", group => group
            .Handle<NoteWritten, ObeyNote>()
            .Handle<NoteWritten, ObeyNote>()));

        Assert.Contains("ObeyNote handle 'note.written' twice", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_event_fails_with_its_name()
    {
        var bus = new EventBusBuilder(new ServiceCollection());

        var unknown = Assert.Throws<InvalidOperationException>(() => bus.AddConsumerGroup("readers", group => group.Handle<NoteWritten, ObeyNote>()));

        Assert.Contains("'note.written'", unknown.Message, StringComparison.Ordinal);
    }
}
