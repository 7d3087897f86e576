using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>A mistake with redis-cli replaces a key of the bus with a string: only what needs the key stops, until it is repaired.</summary>
[Trait("suite", "faults")]
public sealed class WrongKeyTypeTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task A_key_of_the_wrong_type_in_place_of_a_stream_stops_only_its_own_events()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Impatient, Group);
        await process.WriteAsync(new NoteWritten(1, "before"), new NoteWritten(2, ObeyNote.Wait(TimeSpan.FromSeconds(1))));
        await process.Seen.TakeAsync(2);

        await view.Redis.StringSetAsync(place.Prefix + "events:note.written", "x");
        await process.WriteAsync(new NoteWritten(3, "meanwhile"));
        await process.HealthAsync(HealthStatus.Degraded);
        await process.EraseAsync(4);
        await BusView.Until(view.EffectsAsync, effects => effects.Exists(effect => effect.NoteId == 4));

        await view.Redis.KeyDeleteAsync(place.Prefix + "events:note.written");
        await process.HealthAsync(HealthStatus.Healthy);
        await view.AssertExactlyOnceAsync(Group, notes: 3, others: 1);
    }

    [Theory]
    [InlineData("event_dlq", ObeyNote.FailForGood, "rejected")]
    [InlineData("events:retry", ObeyNote.Fail, "exhausted")]
    public async Task A_key_of_the_wrong_type_in_place_of_the_dead_letters_or_retries_does_not_stop_other_events(string key, string text, string reason)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await view.Redis.StringSetAsync(place.Prefix + key, "x");
        await using var process = await BusProcess.StartAsync(place, Impatient, Group);

        await process.WriteAsync(new NoteWritten(1, text), new NoteWritten(2, "good"));
        await BusView.Until(view.EffectsAsync, effects => effects.Exists(effect => effect.NoteId == 2));
        await process.HealthAsync(HealthStatus.Degraded);
        await process.WriteAsync(new NoteWritten(3, "good"));
        await BusView.Until(view.EffectsAsync, effects => effects.Exists(effect => effect.NoteId == 3));

        await view.Redis.KeyDeleteAsync(place.Prefix + key);
        var letter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(reason, letter["reason"]);
        await process.HealthAsync(HealthStatus.Healthy);
        await view.AssertExactlyOnceAsync(Group, notes: 3);
    }

    [Theory]
    [InlineData("events:lost")]
    [InlineData("events:outbox")]
    public async Task A_key_of_the_wrong_type_that_is_only_measured_stops_no_event(string key)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await view.Redis.StringSetAsync(place.Prefix + key, "x");
        await using var process = await BusProcess.StartAsync(place, Impatient, Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail), new NoteWritten(2, "good"));

        await view.AssertExactlyOnceAsync(Group, notes: 2);
    }

    private static void Impatient(EventBusOptions options)
    {
        options.ClaimIdle = TimeSpan.FromSeconds(1);
        options.ClaimInterval = TimeSpan.FromMilliseconds(200);
    }
}
