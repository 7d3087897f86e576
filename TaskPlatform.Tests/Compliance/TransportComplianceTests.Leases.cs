using System.Diagnostics;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Groups whose order matters: each channel has one owner at a time.</summary>
public abstract partial class TransportComplianceTests
{
    [Fact]
    public async Task A_channel_of_a_strict_group_is_read_by_one_consumer()
    {
        var (first, second) = (Strict("a", Sent), Strict("b", Sent));
        await BalanceAsync(() => first.Handling.Owned.Count == 1, first);
        await BalanceAsync(() => true, second, first);
        await PublishAsync(3);

        Assert.Equal([1, 2, 3], Numbers(await ReceiveAsync(first.Receiver, 3)));
        await AssertNothingAsync(second.Receiver);
        Assert.Empty(second.Handling.Owned);
        Assert.Empty((await second.Receiver.ClaimAsync(512, Cancellation)).Events);
    }

    [Fact]
    public async Task Channels_are_spread_evenly_and_again_when_a_consumer_comes_or_goes()
    {
        var (first, second) = (Strict("a", Sent, Lost), Strict("b", Sent, Lost));
        await BalanceAsync(() => first.Handling.Owned.Count == 2, first);

        await BalanceAsync(() => second.Handling.Owned.Count == 1, first, second);
        Assert.Single(first.Handling.Owned);
        Assert.Single(first.Handling.Ended);

        await second.Receiver.ReleaseAsync([]);
        await BalanceAsync(() => first.Handling.Owned.Count == 2, first);
        Assert.Empty(second.Handling.Aborted);
    }

    [Fact]
    public async Task What_a_stopping_owner_has_not_begun_comes_to_the_next_one_first_and_its_delivery_does_not_count()
    {
        var (stopping, next) = (Strict("a", Sent), Strict("b", Sent));
        await BalanceAsync(() => stopping.Handling.Owned.Count == 1, stopping);
        await BalanceAsync(() => true, next);
        await PublishAsync(3);
        var held = await ReceiveAsync(stopping.Receiver, 3);
        await PublishAsync(1, from: 4);

        await stopping.Receiver.ReleaseAsync([new(held[0].Position, WasStarted: true), new(held[1].Position, WasStarted: false), new(held[2].Position, WasStarted: false)]);
        var released = Subject.Clock.GetTimestamp();
        await BalanceAsync(() => next.Handling.Owned.Count == 1, next);

        Assert.InRange(Subject.Clock.GetElapsedTime(released), TimeSpan.Zero, Subject.LeaseDuration);
        var received = await ReceiveAsync(next.Receiver, 4);
        Assert.Equal([1, 2, 3, 4], Numbers(received));
        Assert.Equal([1, 0, 0, 0], received.Select(one => one.PriorDeliveries));
    }

    [Fact]
    public async Task A_dead_owner_is_followed_when_its_lease_has_expired_and_what_it_had_comes_first()
    {
        var (dead, next) = (Strict("a", Sent), Strict("b", Sent));
        await BalanceAsync(() => dead.Handling.Owned.Count == 1, dead);
        var renewed = Subject.Clock.GetTimestamp();
        await BalanceAsync(() => true, dead, next);
        await PublishAsync(3);
        var held = await ReceiveAsync(dead.Receiver, 3);
        await CompleteAsync(dead.Receiver, held[0]);
        await PublishAsync(1, from: 4);

        await BalanceAsync(() => next.Handling.Owned.Count == 1, next);

        Assert.InRange(Subject.Clock.GetElapsedTime(renewed), Subject.LeaseDuration, TimeSpan.MaxValue);
        var received = await ReceiveAsync(next.Receiver, 3);
        Assert.Equal([2, 3, 4], Numbers(received));
        Assert.Equal([1, 1, 0], received.Select(one => one.PriorDeliveries));
    }

    [Fact]
    public async Task An_owner_that_did_not_renew_its_lease_in_time_reads_nothing_more_and_is_told_so()
    {
        var (frozen, next) = (Strict("a", Sent), Strict("b", Sent));
        await BalanceAsync(() => frozen.Handling.Owned.Count == 1, frozen);
        await PublishAsync(1);
        var held = Assert.Single(await ReceiveAsync(frozen.Receiver, 1));
        await BalanceAsync(() => next.Handling.Owned.Count == 1, next);
        Assert.Equal([1], Numbers(await ReceiveAsync(next.Receiver, 1)));

        await BalanceAsync(() => frozen.Handling.Aborted.Count == 1, frozen, next);
        await PublishAsync(2, from: 2);

        await AssertNothingAsync(frozen.Receiver);
        Assert.Equal(SettleStatus.NotOwned, await SettleAsync(frozen.Receiver, Retried(held, TimeSpan.Zero)));
        Assert.Equal([2, 3], Numbers(await ReceiveAsync(next.Receiver, 2)));
    }

    [Fact]
    public async Task A_channel_that_moves_is_drained_first_and_what_was_not_handled_moves_with_it()
    {
        var (owner, newcomer) = (Strict("b", Sent, Lost), Strict("a", Sent, Lost));
        await BalanceAsync(() => owner.Handling.Owned.Count == 2, owner);
        await PublishAsync(3);
        var held = await ReceiveAsync(owner.Receiver, 3);
        owner.Handling.Unhandled = [held[1].Position, held[2].Position];
        var drained = new TaskCompletionSource();
        owner.Handling.Draining = drained.Task;

        await BalanceAsync(() => owner.Handling.Ended.Count == 1, owner, newcomer);
        for (var i = 0; i < 3; i++)
            await BalanceAsync(() => true, owner, newcomer);
        Assert.Empty(newcomer.Handling.Owned);

        await CompleteAsync(owner.Receiver, held[0]);
        drained.SetResult();
        await BalanceAsync(() => newcomer.Handling.Owned.Count == 1, owner, newcomer);
        var moved = owner.Handling.Ended[0] == ChannelOf(Sent) ? newcomer : owner;
        await PublishAsync(1, from: 4);

        Assert.Equal(moved == newcomer ? [2, 3, 4] : [4], Numbers(await ReceiveAsync(moved.Receiver, moved == newcomer ? 3 : 1)));
        Assert.Empty(owner.Handling.Aborted);
    }

    [Fact]
    public async Task An_entry_that_awaits_its_retry_is_not_taken_over()
    {
        var (owner, next) = (Strict("a", Sent), Strict("b", Sent));
        await BalanceAsync(() => owner.Handling.Owned.Count == 1, owner);
        await PublishAsync(2);
        var held = await ReceiveAsync(owner.Receiver, 2);
        Assert.Equal(SettleStatus.Settled, await SettleAsync(owner.Receiver, Retried(held[0], TimeSpan.FromHours(1))));

        await owner.Receiver.ReleaseAsync([new(held[1].Position, WasStarted: false)]);
        await BalanceAsync(() => next.Handling.Owned.Count == 1, next);

        Assert.Equal([2], Numbers(await ReceiveAsync(next.Receiver, 1)));
        await AssertNothingAsync(next.Receiver);
    }

    private (IReceiver Receiver, HandlingLog Handling) Strict(string consumer, params string[] eventTypes)
    {
        var group = GroupOf("ordered", eventTypes);
        group.Ordering = EventOrdering.Strict;
        var handling = new HandlingLog();
        return (Subject.CreateReceiver(consumer, group, handling), handling);
    }

    /// <summary>Lets each of the consumers balance in turns, at least once, until a condition holds.</summary>
    private async Task BalanceAsync(Func<bool> until, params (IReceiver Receiver, HandlingLog Handling)[] consumers)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, "The channels are not balanced.");
            foreach (var (receiver, _) in consumers)
                await receiver.BalanceAsync(Cancellation);
            if (until())
                return;
            await Subject.PassTimeAsync(Step);
        }
    }
}
