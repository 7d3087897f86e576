using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>A consumer that dies at each of its steps.</summary>
[Trait("suite", "faults")]
public sealed class ConsumerFaultTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Theory]
    [InlineData("INSERT INTO inbox")]
    [InlineData("COMMIT")]
    public async Task If_killed_before_its_commit_another_consumer_handles_the_event(string step)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await WriteAsync(place, new NoteWritten(1, "a"), new NoteWritten(2, "b"));
        await using var database = FaultProxy.To(postgres.Port);
        var held = database.HoldRequest(step);

        await KillAtAsync(held, place.Through(postgres: database));

        await AssertAnotherFinishesAsync(place);
    }

    [Fact]
    public async Task If_killed_between_two_handlers_of_an_event_each_effect_happens_once()
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { HasSecondHandler = true };
        await WriteAsync(place, new NoteWritten(1, "a"));
        await using var database = FaultProxy.To(postgres.Port);
        var second = database.HoldRequest($"{Group}/{nameof(MarkNote)}");

        await KillAtAsync(second, place.Through(postgres: database));

        await using var view = await BusView.OfAsync(place);
        Assert.Equal([Group], (await view.EffectsAsync()).Select(effect => effect.Group)); // The first handler's effect is committed.
        await AssertAnotherFinishesAsync(place);
        Assert.Equal([Group, $"{Group}/{nameof(MarkNote)}"], (await view.EffectsAsync()).Select(effect => effect.Group));
    }

    [Fact]
    public async Task If_killed_between_commit_and_XACK_the_effect_happens_once()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await WriteAsync(place, new NoteWritten(1, "a"), new NoteWritten(2, "b"));
        await using var proxy = FaultProxy.To(redis.Port);
        var ack = proxy.HoldRequest("XACK");

        await KillAtAsync(ack, place.Through(redis: proxy));

        await AssertAnotherFinishesAsync(place);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_killed_around_the_retry_script_the_retry_happens_once(bool done)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await WriteAsync(place, new NoteWritten(1, ObeyNote.Fail));
        await using var proxy = FaultProxy.To(redis.Port);
        var script = HoldScript(proxy, done);

        await KillAtAsync(script, place.Through(redis: proxy));

        await AssertAnotherFinishesAsync(place);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_killed_around_the_scheduling_of_a_retry_the_retry_happens_once(bool done)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await WriteAsync(place, new NoteWritten(1, ObeyNote.Fail));
        await using var proxy = FaultProxy.To(redis.Port);
        var retries = $"{place.Prefix}events:retry";
        var keysOfScript = $"{place.Prefix}events:note.written\r\n${retries.Length}\r\n{retries}";
        var script = done ? proxy.HoldReply(keysOfScript) : proxy.HoldRequest(keysOfScript);

        await KillAtAsync(script, place.Through(redis: proxy));

        await AssertAnotherFinishesAsync(place);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_killed_around_the_dead_letter_script_there_is_exactly_one_dead_letter(bool done)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await WriteAsync(place, new NoteWritten(1, ObeyNote.FailForGood));
        await using var proxy = FaultProxy.To(redis.Port);
        var script = HoldScript(proxy, done);

        await KillAtAsync(script, place.Through(redis: proxy));

        await AssertAnotherFinishesAsync(place);
    }

    [Fact]
    public async Task A_handler_slower_than_the_claim_time_runs_once()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var first = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await using var second = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });

        await WriteAsync(place, new NoteWritten(1, ObeyNote.Wait(TimeSpan.FromSeconds(4))));

        await view.AssertExactlyOnceAsync(Group, notes: 1);
        Assert.Equal(1, await view.DeliveriesAsync());
    }

    [Fact]
    public async Task A_consumer_frozen_until_its_claim_has_expired_writes_nothing_when_it_resumes()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var database = FaultProxy.To(postgres.Port);
        var insert = database.HoldRequest("INSERT INTO inbox");
        await using var frozen = BusChild.Start(new BusChildSettings(place.Through(postgres: database)) { Groups = [Group] });
        await WriteAsync(place, new NoteWritten(1, "a"), new NoteWritten(2, ObeyNote.Fail));
        await insert.Reached;
        await frozen.PauseAsync();

        await using var other = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await view.AssertExactlyOnceAsync(Group, notes: 2);
        insert.Release();
        await frozen.ContinueAsync();
        await WriteAsync(place, new NoteWritten(3, "after it"));

        await view.AssertExactlyOnceAsync(Group, notes: 3);
        await frozen.StopAsync();
        await view.AssertExactlyOnceAsync(Group, notes: 3);
    }

    [Fact]
    public async Task An_event_that_kills_its_consumers_is_dead_lettered_and_other_events_are_handled()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        NoteWritten[] notes = [.. Enumerable.Range(1, 20).Select(i => new NoteWritten(i, i == 3 ? ObeyNote.Kill : "good"))];
        await WriteAsync(place, notes);

        var deaths = 0;
        while (true)
        {
            await using var consumer = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
            var end = await Task.WhenAny(consumer.WaitForExitAsync(), view.DeadLettersAsync(1));
            await end;
            if (!consumer.HasExited)
            {
                await view.AssertExactlyOnceAsync(Group, notes: 20);
                break;
            }

            deaths++;
        }

        Assert.Equal(4, deaths);
        var letter = Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Equal("crash_loop", letter["reason"]);
        Assert.Contains("\"note_id\":3,", letter["data"], StringComparison.Ordinal);
    }

    /// <summary>Both scripts take this field; no other command does.</summary>
    private static Hold HoldScript(FaultProxy proxy, bool done)
        => done ? proxy.HoldReply("first_failed_at") : proxy.HoldRequest("first_failed_at");

    private static async Task WriteAsync(BusPlace place, params NoteWritten[] notes)
    {
        await using var publisher = await BusProcess.StartAsync(place);
        await publisher.WriteAsync(notes);
    }

    private static async Task KillAtAsync(Hold step, BusPlace place)
    {
        await using var consumer = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await step.Reached;
        await consumer.KillAsync();
    }

    private static async Task AssertAnotherFinishesAsync(BusPlace place)
    {
        await using var view = await BusView.OfAsync(place);
        await using var other = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await view.AssertExactlyOnceAsync(Group);
    }
}
