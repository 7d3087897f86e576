using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Ownership of received events.</summary>
public abstract partial class TransportComplianceTests
{
    [Fact]
    public async Task What_an_abandoned_consumer_holds_is_claimed_once_and_not_before_it_was_silent_for_long_enough()
    {
        await PublishAsync(3);
        var receiving = Subject.Clock.GetTimestamp();
        await ReceiveAsync(Receiver("abandoned"), 3);

        var (other, third) = (await ConnectAsync("b"), await ConnectAsync("c"));
        var claimed = await ClaimAsync(other, 3);

        Assert.InRange(Subject.Clock.GetElapsedTime(receiving), Subject.ClaimIdle, TimeSpan.MaxValue);
        Assert.Equal([1, 2, 3], Numbers(claimed).Order());
        Assert.All(claimed, one => Assert.Equal(1, one.PriorDeliveries));
        await other.SettleAsync([.. claimed.Select(Completed)], Cancellation);
        await Subject.PassTimeAsync(Subject.ClaimIdle + Step);
        Assert.Empty(await ClaimRoundAsync(third));
        await AssertNothingAsync(third);
    }

    [Fact]
    public async Task No_more_is_claimed_than_there_is_room_for()
    {
        await PublishAsync(5);
        await ReceiveAsync(Receiver("abandoned"), 5);
        var other = await ConnectAsync("b");
        await Subject.PassTimeAsync(Subject.ClaimIdle + Step);

        Assert.Empty((await other.ClaimAsync(0, Cancellation)).Events);
        var first = await other.ClaimAsync(2, Cancellation);

        Assert.Equal(2, first.Events.Count);
        Assert.True(first.HasMore);
        Assert.Equal(3, (await other.ClaimAsync(512, Cancellation)).Events.Count);
    }

    [Fact]
    public async Task A_delivery_counts_for_the_next_claim_where_a_handler_was_started_and_a_claim_alone_does_not()
    {
        await PublishAsync(1);
        await ReceiveAsync(Receiver("a"), 1);

        Assert.Equal(1, Assert.Single(await ClaimAsync(await ConnectAsync("b"), 1)).PriorDeliveries);
        var third = await ConnectAsync("c");
        var claimed = Assert.Single(await ClaimAsync(third, 1));
        Assert.Equal(1, claimed.PriorDeliveries);
        Assert.True(await third.CountDeliveryAsync(claimed.Position, Cancellation));

        Assert.Equal(2, Assert.Single(await ClaimAsync(await ConnectAsync("d"), 1)).PriorDeliveries);
    }

    [Fact]
    public async Task Renewing_keeps_a_claim()
    {
        await PublishAsync(1);
        var owner = Receiver("a");
        var held = Assert.Single(await ReceiveAsync(owner, 1));
        var other = await ConnectAsync("b");
        var started = Subject.Clock.GetTimestamp();
        while (Subject.Clock.GetElapsedTime(started) < 1.5 * Subject.ClaimIdle)
        {
            Assert.Empty(await owner.RenewAsync([held.Position], Cancellation));
            Assert.Empty(await ClaimRoundAsync(other));
            await Subject.PassTimeAsync(Subject.ClaimIdle / 20);
        }

        Assert.Equal(held.Position, Assert.Single(await ClaimAsync(other, 1)).Position);
    }

    [Fact]
    public async Task A_consumer_that_lost_its_claim_can_not_renew_count_retry_or_dead_letter()
    {
        await PublishAsync(1);
        var slow = Receiver("slow");
        var held = Assert.Single(await ReceiveAsync(slow, 1));
        var owner = await ConnectAsync("owner");
        var claimed = Assert.Single(await ClaimAsync(owner, 1));

        Assert.Equal(held.Position, Assert.Single(await slow.RenewAsync([held.Position], Cancellation)));
        Assert.False(await slow.CountDeliveryAsync(held.Position, Cancellation));
        Assert.Equal(SettleStatus.NotOwned, await SettleAsync(slow, Retried(held, TimeSpan.Zero)));
        Assert.Equal(SettleStatus.NotOwned, await SettleAsync(slow, DeadLettered(held)));
        await slow.ReleaseAsync([new(held.Position, WasStarted: true)]);

        Assert.Equal(0, await Subject.DeadLetters.CountAllAsync(Cancellation));
        Assert.Empty(await owner.RenewAsync([claimed.Position], Cancellation));
        Assert.Equal(SettleStatus.Settled, await CompleteAsync(owner, claimed));
        await AssertNothingAsync(owner);
    }

    [Fact]
    public async Task A_restarted_consumer_receives_first_what_it_held_before()
    {
        await PublishAsync(3);
        var before = Receiver("a");
        var held = await ReceiveAsync(before, 2, max: 2);
        await CompleteAsync(before, held[0]);

        var after = Receiver("a");
        var first = await CompleteAsync(after.ReceiveAsync(512, Cancellation));

        Assert.Equal([2], Numbers(first));
        Assert.Equal(1, first[0].PriorDeliveries);
        Assert.Equal([3], Numbers(await ReceiveAsync(after, 1)));
    }

    [Fact]
    public async Task What_a_consumer_releases_can_be_claimed_at_once()
    {
        // Where that takes so long that they could be claimed anyway, it shows nothing, and is done again.
        TimeSpan elapsed;
        do
        {
            await PublishAsync(3);
            var stopping = Receiver("a");
            var started = Subject.Clock.GetTimestamp();
            var held = await ReceiveAsync(stopping, 3);
            await CompleteAsync(stopping, held[0]);

            await stopping.ReleaseAsync([new(held[1].Position, WasStarted: true), new(held[2].Position, WasStarted: true)]);
            var other = await ConnectAsync("b");
            var claimed = await ClaimRoundAsync(other);

            elapsed = Subject.Clock.GetElapsedTime(started);
            Assert.Equal([2, 3], Numbers(claimed).Order());
            await other.SettleAsync([.. claimed.Select(Completed)], Cancellation);
        }
        while (elapsed >= Subject.ClaimIdle);
    }
}
