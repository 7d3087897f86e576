namespace TaskPlatform.Tests.Compliance;

/// <summary>Events that share a transaction, each under its savepoint.</summary>
public abstract partial class StoreComplianceTests
{
    [Fact]
    public async Task Saved_events_are_committed_together_and_published_in_the_order_of_their_handling()
    {
        var events = Events(4);
        await using var consumer = await BeginAsync(events);
        for (var i = 0; i < 3; i++)
            Assert.True(await consumer.HandleAsync(events[i], i));
        Assert.Empty(await Subject.EffectsAsync());
        await consumer.ChangeAsync(3);

        Assert.True(await consumer.CommitAsync(events[3..], Cancellation));

        Assert.Equal(events, (await HandledAsync(events)).Order());
        Assert.Equal([0, 1, 2, 3], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task An_event_that_fails_is_rolled_back_and_its_neighbours_are_committed()
    {
        var events = Events(3);
        await using (var consumer = await BeginAsync(events))
        {
            Assert.True(await consumer.HandleAsync(events[0], 0));
            await Assert.ThrowsAsync<InvalidOperationException>(() => consumer.HandleAsync(events[1], async scope =>
            {
                await Subject.ChangeAsync(scope, 1);
                throw new InvalidOperationException("The handler failed.");
            }));
            Assert.True(await consumer.HandleAsync(events[2], 2));

            Assert.True(await consumer.CommitAsync([], Cancellation));
        }

        Assert.Equal([events[0], events[2]], (await HandledAsync(events)).Order());
        Assert.Equal([0, 2], await Subject.EffectsAsync());
        Assert.True(await HandleAsync(events[1], 1));
    }

    [Fact]
    public async Task Without_a_commit_no_saved_event_is_written()
    {
        var events = Events(2);
        await using (var consumer = await BeginAsync(events))
        {
            Assert.True(await consumer.HandleAsync(events[0], 0));
            Assert.True(await consumer.HandleAsync(events[1], 1));
        }

        Assert.Empty(await HandledAsync(events));
        Assert.Empty(await Subject.EffectsAsync());
    }

    [Fact]
    public async Task An_event_that_another_consumer_has_handled_meanwhile_is_not_saved_and_its_neighbours_are()
    {
        var events = Events(3);
        await using (var slow = await BeginAsync(events))
        {
            Assert.True(await slow.HandleAsync(events[0], 0));
            Assert.True(await HandleAsync(events[1], 10));

            Assert.False(await slow.HandleAsync(events[1], 1));
            Assert.True(await slow.HandleAsync(events[2], 2));
            Assert.True(await slow.CommitAsync([], Cancellation));
        }

        Assert.Equal(events, (await HandledAsync(events)).Order());
        Assert.Equal([0, 2, 10], (await Subject.EffectsAsync()).Order());
    }

    [Fact]
    public async Task An_event_that_is_twice_in_a_transaction_is_saved_once()
    {
        var events = Events(2);
        await using (var consumer = await BeginAsync(events))
        {
            Assert.True(await consumer.HandleAsync(events[0], 0));
            Assert.False(await consumer.HandleAsync(events[0], 1));
            Assert.True(await consumer.HandleAsync(events[1], 2));
            Assert.True(await consumer.CommitAsync([], Cancellation));
        }

        Assert.Equal([0, 2], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task An_event_that_two_consumers_save_at_the_same_time_has_one_effect()
    {
        var eventId = Guid.CreateVersion7();
        await using (var first = await BeginAsync([eventId]))
        await using (var second = await BeginAsync([eventId]))
        {
            Assert.True(await first.HandleAsync(eventId, 1));
            var saving = second.HandleAsync(eventId, 2); // A store may let it wait for the first one's commit.
            Assert.True(await first.CommitAsync([], Cancellation));

            Assert.False(await saving && await second.CommitAsync([], Cancellation));
        }

        Assert.Equal([1], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task If_the_first_of_two_consumers_that_save_an_event_rolls_back_the_second_commits()
    {
        var eventId = Guid.CreateVersion7();
        await using (var second = await BeginAsync([eventId]))
        {
            Task<bool> saving;
            await using (var first = await BeginAsync([eventId]))
            {
                Assert.True(await first.HandleAsync(eventId, 1));
                saving = second.HandleAsync(eventId, 2);
            }

            Assert.True(await saving);
            Assert.True(await second.CommitAsync([], Cancellation));
        }

        Assert.Equal([2], await Subject.EffectsAsync());
    }

    [Fact]
    public async Task A_terminated_transaction_loses_what_was_saved()
    {
        var events = Events(2);
        await using (var consumer = await BeginAsync(events))
        {
            Assert.True(await consumer.HandleAsync(events[0], 0));
            await consumer.Transaction.TerminateAsync(Cancellation);

            await Assert.ThrowsAnyAsync<Exception>(() => consumer.HandleAsync(events[1], 1));
        }

        Assert.Empty(await HandledAsync(events));
        Assert.Empty(await Subject.EffectsAsync());
    }
}
