using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>A service's Postgres fails under load.</summary>
[Trait("suite", "faults")]
public sealed class PostgresFaultTests(RedisServer redis)
{
    private const string Group = "readers";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_Postgres_is_down_consumers_wait_and_no_attempt_is_used_up()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(process);
        await process.Seen.TakeAsync(20);

        await postgres.StopAsync(Cancellation);
        for (var i = 0; i < 50; i++)
            await view.AddAsync("events:note.written", "data", Foreign(i));
        await process.HealthAsync(HealthStatus.Degraded);
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        await postgres.StartAsync(Cancellation);

        await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Postgres down for 5 s");
        await process.HealthAsync(HealthStatus.Healthy);
        await load.MoreAsync(20);
        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group);
        await view.AssertNoAttemptSpentAsync();
        Assert.True(load.Refused > 0);
    }

    [Fact]
    public async Task If_Postgres_is_killed_during_commits_no_effect_happens_twice()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(process);

        for (var i = 0; i < 3; i++)
        {
            await load.MoreAsync(50);
            await postgres.KillAsync(Cancellation);
            await postgres.StartAsync(Cancellation);
            await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Postgres killed and restarted");
        }

        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group);
        await view.AssertNoAttemptSpentAsync();
    }

    [Fact]
    public async Task Half_open_connections_are_detected_and_replaced()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var proxy = FaultProxy.To(postgres.Port);
        await using var writer = await BusProcess.StartAsync(place);
        await using var reader = await BusProcess.StartAsync(place.Through(postgres: proxy), Group);
        await using var load = Load.On(writer);
        await reader.Seen.TakeAsync(20);

        proxy.Freeze();
        await Outage.AssertEffectsGoOnAsync(view, Outage.HalfOpen, "Half-open connections to Postgres");

        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group, load.Written);
        await view.AssertNoAttemptSpentAsync();
    }

    [Fact]
    public async Task Uncommitted_rows_of_a_half_open_connection_do_not_block_the_next_attempt()
    {
        const int notes = 40; // So that each lane has several events, with savepoints.
        await using var postgres = await PostgresServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using (var writer = await BusProcess.StartAsync(place))
        {
            await writer.WriteAsync([.. Enumerable.Range(0, notes).Select(i => new NoteWritten(i, "good"))]);
            await view.PublishedAsync();
        }

        await using var proxy = FaultProxy.To(postgres.Port);
        var written = proxy.HoldReply("INSERT INTO inbox");
        var slow = place with { Postgres = place.Postgres + ";Command Timeout=2" };
        await using var reader = await BusProcess.StartAsync(slow.Through(postgres: proxy), Group);
        await written.Reached;
        proxy.Freeze();

        var started = Stopwatch.GetTimestamp();
        await view.AssertExactlyOnceAsync(Group, notes);

        // The timeout for idle transactions is EventBus:ClaimIdle, 60 s.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(40));
        await view.AssertNoAttemptSpentAsync();
    }

    [Fact]
    public async Task A_dispatcher_behind_a_half_open_connection_is_replaced_by_another()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var proxy = FaultProxy.To(postgres.Port);
        await using var leader = await BusProcess.StartAsync(place.Through(postgres: proxy));
        await leader.WriteAsync(new NoteWritten(0, "first"));
        await view.PublishedAsync();
        await using var other = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(other, text: _ => "good");
        await load.MoreAsync(20);

        proxy.Freeze();
        await load.MoreAsync(1);
        await Outage.AssertEffectsGoOnAsync(view, Outage.HalfOpen, "Half-open connection of the dispatcher");

        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group);
    }

    [Fact]
    public async Task A_handler_that_breaks_its_own_connection_is_detected()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.BreakConnection), new NoteWritten(2, "good"));

        var letter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("exhausted", PostgresErrorCodes.AdminShutdown), (letter["reason"], letter["error"][..5]));
        await view.AssertExactlyOnceAsync(Group, notes: 2);
    }

    private static string Foreign(int i)
        => $$$"""{"type":"note.written","aggregate_id":"f{{{i}}}","data":{"note_id":{{{i}}},"text":"from afar"},"timestamp":"2025-01-15T10:30:00Z"}""";
}
