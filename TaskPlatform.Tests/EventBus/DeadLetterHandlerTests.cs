using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>A group's dead letter handler is called for every event that is dead-lettered.</summary>
public sealed class DeadLetterHandlerTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task The_handler_is_called_once_for_each_dead_lettered_event()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail), new NoteWritten(2, "good"), new NoteWritten(3, ObeyNote.FailForGood));
        await view.DeadLettersAsync(2);

        await view.AssertExactlyOnceAsync(Group, notes: 3);
        var deaths = (await view.DeathsAsync()).OrderBy(death => death.NoteId).ToList();
        Assert.Equal(["exhausted", "rejected"], deaths.Select(death => death.Reason));
        Assert.Equal([4, 1], deaths.Select(death => death.Attempts));
        Assert.Equal("This note fails.", deaths[0].Error);
    }

    [Fact]
    public async Task An_event_whose_effect_can_not_be_saved_is_dead_lettered_with_the_innermost_exception()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Unsavable));

        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal("Npgsql.PostgresException", deadLetter["exception"]);
        Assert.StartsWith("23502: null value in column", deadLetter["error"], StringComparison.Ordinal);
        Assert.Contains("DbUpdateException", deadLetter["stack"], StringComparison.Ordinal);
        Assert.StartsWith("23502: null value in column", Assert.Single(await view.DeathsAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_handler_is_called_for_an_unreadable_entry()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await view.AddAsync("events:note.written", "data", "[]");
        await view.DeadLettersAsync(1);

        var death = Assert.Single(await view.DeathsAsync());
        Assert.Equal("unreadable", death.Reason);
        Assert.Null(death.NoteId);
    }

    [Fact]
    public async Task An_unreadable_payload_is_dead_lettered_with_the_parser_error()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var view = await BusView.OfAsync(place);

        await view.AddAsync(
            "events:note.written", "data",
            """{"type":"note.written","aggregate_id":"1","aggregate_type":"note","data":{"note_id":1,"text":5},"timestamp":"2026-01-01T00:00:00Z"}""");

        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("unreadable", "System.Text.Json.JsonException"), (deadLetter["reason"], deadLetter["exception"]));
        Assert.Contains("Path: $.text", deadLetter["error"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_handler_does_not_prevent_dead_lettering()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place, services => services.AddScoped<NoteDeath>(_ => throw new InvalidOperationException("Nobody is listening.")), null, Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood), new NoteWritten(2, "good"));

        Assert.Equal("rejected", Assert.Single(await view.DeadLettersAsync(1))["reason"]);
        await view.SettledAsync(Group);
        Assert.Empty(await view.DeathsAsync());
    }

    [Fact]
    public async Task Without_an_inbox_the_start_fails_with_a_message()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:redis"] = redis.ConnectionString;
        builder.AddEventBus("redis", new EventCatalog().Add<NoteWritten>(), bus => bus
            .AddConsumerGroup(Group, group => group.WithoutInbox().Handle<NoteWritten, ObeyNote>().OnDeadLetter<NoteDeath>()));
        using var host = builder.Build();

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("'readers' calls NoteDeath for its dead letters and needs an inbox", refusal.Message, StringComparison.Ordinal);
    }
}
