using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Handlers that exceed their timeout.</summary>
public sealed class TimeLimitTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const int Events = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(nameof(UnitOfWork.Event))]
    [InlineData(nameof(UnitOfWork.Batch))]
    public async Task A_handler_that_exceeds_its_timeout_is_cancelled_and_other_events_are_handled(string unit)
    {
        var place = (await CreateAsync(unit, ObeyNote.Wait(TimeSpan.FromMinutes(10)))) with { HandlerTimeout = Limit };
        await using var view = await BusView.OfAsync(place);

        await using var process = await BusProcess.StartAsync(place, OneTry, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        var deadLetter = Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Equal(("exhausted", "ObeyNote did not finish within 0.2 s."), (deadLetter["reason"], deadLetter["error"]));
        Assert.Equal(1, process.Seen.CallsFor(Guid.Parse(deadLetter["event_id"])));
    }

    [Theory]
    [InlineData(nameof(UnitOfWork.Event))]
    [InlineData(nameof(UnitOfWork.Batch))]
    [InlineData(nameof(UnitOfWork.Isolated))]
    public async Task A_handler_that_ignores_its_token_is_abandoned_and_never_writes(string unit)
    {
        var place = await CreateAsync(unit, ObeyNote.IgnoreToken);
        await using var view = await BusView.OfAsync(place);

        await using var process = await BusProcess.StartAsync(place, options =>
        {
            OneTry(options);
            options.HandlerTimeout = Limit;
        }, Group);

        await view.AssertExactlyOnceAsync(Group, Events);
        var deadLetter = Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Equal(("exhausted", "ObeyNote did not finish within 0.2 s, nor did it stop when its token was cancelled."), (deadLetter["reason"], deadLetter["error"]));
        Assert.Equal(1, process.Seen.CallsFor(Guid.Parse(deadLetter["event_id"])));

        var late = await Assert.ThrowsAnyAsync<Exception>(process.Seen.ReleaseAsync);
        Assert.True(PostgresAvailability.IsConnectionLost(late), late.ToString());
        await process.WriteAsync(new NoteWritten(Events + 1, "good"));
        await view.AssertExactlyOnceAsync(Group, Events + 1);
    }

    [Fact]
    public async Task A_dead_letter_handler_that_exceeds_its_timeout_does_not_prevent_dead_lettering()
    {
        var place = await CreateAsync(nameof(UnitOfWork.Event), NoteDeath.FailAndWait);
        await using var view = await BusView.OfAsync(place);

        await using var process = await BusProcess.StartAsync(place, options => options.HandlerTimeout = Limit, Group);

        Assert.Single(await view.DeadLettersAsync(1));
        await view.SettledAsync(Group);
        Assert.Equal(Events - 1, await view.EffectCountAsync());
        Assert.Empty(await view.DeathsAsync());
    }

    private static void OneTry(EventBusOptions options)
    {
        options.MaxConcurrency = 1;
        options.MaxRetries = 0;
    }

    /// <summary>Creates waiting events, one of which, in the middle, has the given text.</summary>
    private async Task<BusPlace> CreateAsync(string unit, string text)
    {
        var place = await BusPlace.CreateAsync(redis, postgres) with { UnitOfWork = Enum.Parse<UnitOfWork>(unit) };
        await using var publisher = await BusProcess.StartAsync(place);
        await publisher.WriteAsync([.. Enumerable.Range(1, Events).Select(i => new NoteWritten(i, i == Events / 2 ? text : "good"))]);
        return place;
    }
}
