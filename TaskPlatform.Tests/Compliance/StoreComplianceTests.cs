using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>
/// What the engine relies on, whatever the store. A store passes the tests of this class, which use its interfaces only. In this file: a transaction
/// and its own scope, as for a handler that runs alone or in batches.
/// </summary>
public abstract partial class StoreComplianceTests : IAsyncLifetime
{
    private protected const string Group = "readers";

    private protected IStoreUnderTest Subject { get; private set; } = null!;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store.</summary>
    protected abstract Task<IStoreUnderTest> CreateAsync();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Subject = await CreateAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Subject.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_committed_event_is_handled_for_its_group_only()
    {
        var eventId = Guid.CreateVersion7();

        Assert.True(await HandleAsync(eventId, 1));

        Assert.Equal([eventId], await HandledAsync([eventId, Guid.CreateVersion7()]));
        Assert.Empty(await HandledAsync([eventId], group: "others"));
        Assert.True(await HandleAsync(eventId, 2, group: "others"));
        Assert.Equal([1, 2], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task Without_a_commit_nothing_is_written()
    {
        var eventId = Guid.CreateVersion7();
        await using (var consumer = await BeginAsync([eventId]))
            await consumer.ChangeAsync(1);

        Assert.Empty(await HandledAsync([eventId]));
        Assert.Empty(await Subject.EffectsAsync());
        Assert.True(await HandleAsync(eventId, 2));
        Assert.Equal([2], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task Before_the_commit_nothing_is_visible()
    {
        var eventId = Guid.CreateVersion7();
        await using var consumer = await BeginAsync([eventId]);
        await consumer.ChangeAsync(1);

        Assert.Empty(await Subject.EffectsAsync());
        Assert.Empty(await HandledAsync([eventId]));
        Assert.True(await consumer.CommitAsync([eventId], Cancellation));

        Assert.Equal([1], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task Of_many_events_those_that_were_handled_are_found()
    {
        var events = Events(500);
        await using (var consumer = await BeginAsync(events))
        {
            await consumer.ChangeAsync(1);
            Assert.True(await consumer.CommitAsync([.. events.Where((_, i) => i % 2 == 0)], Cancellation));
        }

        var handled = await HandledAsync(events);

        Assert.Equal(events.Where((_, i) => i % 2 == 0), handled.Order());
    }

    [Fact]
    public async Task A_commit_writes_nothing_if_another_consumer_has_handled_one_of_its_events()
    {
        var events = Events(3);
        await using (var slow = await BeginAsync(events))
        {
            await slow.ChangeAsync(1);
            Assert.True(await HandleAsync(events[1], 2));

            Assert.False(await slow.CommitAsync(events, Cancellation));
        }

        Assert.Equal([events[1]], await HandledAsync(events));
        Assert.Equal([2], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task Of_two_overlapping_commits_at_the_same_time_one_writes_everything_and_the_other_nothing()
    {
        var events = Events(3);
        var first = await BeginAsync(events[..2]);
        var second = await BeginAsync(events[1..]);
        await first.ChangeAsync(1);
        await second.ChangeAsync(2);

        var commits = await Task.WhenAll(CommitAsync(first, events[..2]), CommitAsync(second, events[1..]));

        Assert.Single(commits, isCommitted => isCommitted);
        var effect = Assert.Single(await Subject.EffectsAsync());
        Assert.Equal(effect == 1 ? events[..2] : events[1..], (await HandledAsync(events)).Order());
    }

    [Fact]
    public async Task Consumers_that_handle_the_same_events_at_the_same_time_handle_each_once()
    {
        var events = Events(20);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var i = 0; i < events.Count; i++)
                await HandleAsync(events[i], i);
        }));

        Assert.Equal(Enumerable.Range(0, events.Count), (await Subject.EffectsAsync()).Order());
    }

    [Fact]
    public async Task A_cancelled_commit_writes_nothing()
    {
        var eventId = Guid.CreateVersion7();
        await using (var consumer = await BeginAsync([eventId]))
        {
            await consumer.ChangeAsync(1);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.CommitAsync([eventId], new CancellationToken(canceled: true)));
        }

        Assert.Empty(await HandledAsync([eventId]));
        Assert.Empty(await Subject.EffectsAsync());
    }

    [Fact]
    public async Task A_terminated_transaction_can_not_commit_and_its_events_can_be_handled_at_once()
    {
        var eventId = Guid.CreateVersion7();
        await using (var consumer = await BeginAsync([eventId]))
        {
            await consumer.ChangeAsync(1);
            await consumer.Transaction.TerminateAsync(Cancellation);

            Assert.True(await HandleAsync(eventId, 2));
            await Assert.ThrowsAnyAsync<Exception>(() => consumer.CommitAsync([eventId], Cancellation));
        }

        Assert.Equal([2], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task A_probe_of_a_store_that_accepts_writes_succeeds_also_beside_others()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Subject.Inbox.ProbeAsync(Cancellation)));

        Assert.Empty(await Subject.EffectsAsync());
    }

    [Fact]
    public void A_failure_of_a_handler_is_not_one_of_the_store()
        => Assert.All<Exception>(
            [new InvalidOperationException("It failed."), new NonRetryableException("It failed."), new TimeoutException(), new OperationCanceledException()],
            failure => Assert.Equal(StoreFailure.None, Subject.Inbox.Classify(failure)));

    [Fact]
    public void A_failure_of_the_store_is_classified_also_inside_another_exception()
        => Assert.All(Subject.Failures, known => Assert.Equal(
            (known.Failure, known.Failure),
            (Subject.Inbox.Classify(known.Exception), Subject.Inbox.Classify(new InvalidOperationException("The handler failed.", known.Exception)))));

    /// <summary>Events in ascending order.</summary>
    private protected static List<Guid> Events(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).Order()];

    private protected async Task<StoreConsumer> BeginAsync(IReadOnlyList<Guid> events, string group = Group)
    {
        var scope = Subject.Services.CreateAsyncScope();
        try
        {
            return new StoreConsumer(
                Subject, group, scope, await Subject.Inbox.BeginAsync(scope.ServiceProvider, [.. events.Select(eventId => new InboxKey(group, eventId))], [], Cancellation));
        }
        catch
        {
            await scope.DisposeAsync();
            throw;
        }
    }

    private protected async Task<IReadOnlySet<Guid>> HandledAsync(IReadOnlyList<Guid> events, string group = Group)
    {
        await using var consumer = await BeginAsync(events, group);
        return consumer.Handled;
    }

    /// <summary>Handles an event in a transaction of its own.</summary>
    /// <returns>False if it was handled before, or meanwhile.</returns>
    private protected async Task<bool> HandleAsync(Guid eventId, int effect, string group = Group)
    {
        await using var consumer = await BeginAsync([eventId], group);
        if (consumer.Handled.Contains(eventId))
            return false;
        await consumer.ChangeAsync(effect);
        return await consumer.CommitAsync([eventId], Cancellation);
    }

    /// <summary>Commits, and ends the transaction in any case.</summary>
    private static async Task<bool> CommitAsync(StoreConsumer consumer, IReadOnlyList<Guid> events)
    {
        await using (consumer)
            return await consumer.CommitAsync(events, Cancellation);
    }
}
