using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Retries, and events for one group.</summary>
public abstract partial class TransportComplianceTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task A_retry_is_delivered_after_its_delay_for_its_group_with_one_more_attempt()
    {
        var receiver = Receiver("a");
        var first = (await PublishAsync(1))[0];
        var failed = Assert.Single(await ReceiveAsync(receiver, 1));
        var settled = Subject.Clock.GetTimestamp();

        Assert.Equal(SettleStatus.Settled, await SettleAsync(receiver, Retried(failed, Delay)));
        var retry = Assert.Single(await ReceiveAsync(receiver, 1));

        // Redis counts whole milliseconds.
        Assert.InRange(Subject.Clock.GetElapsedTime(settled), Delay - TimeSpan.FromMilliseconds(1), TimeSpan.MaxValue);
        Assert.Equal(0, retry.PriorDeliveries);
        Assert.NotEqual(failed.Position, retry.Position);
        Assert.Equal(("1", "readers", first), (Value(retry, "attempt"), Value(retry, "target_group"), Value(retry, "first_entry_id")));
        Assert.Equal(
            failed.Fields.Select(field => (field.Name, Value(failed, field.Name))).OrderBy(field => field.Name, StringComparer.Ordinal),
            retry.Fields.Select(field => (field.Name, Value(retry, field.Name)))
                .Where(field => field.Name is not ("attempt" or "target_group" or "first_entry_id" or "first_failed_at"))
                .OrderBy(field => field.Name, StringComparer.Ordinal));
        var firstFailedAt = Value(retry, "first_failed_at");
        Assert.True(DateTimeOffset.TryParse(firstFailedAt, out _), firstFailedAt);

        await SettleAsync(receiver, Retried(retry, TimeSpan.Zero));
        var second = Assert.Single(await ReceiveAsync(receiver, 1));
        Assert.Equal(("2", first, firstFailedAt), (Value(second, "attempt"), Value(second, "first_entry_id"), Value(second, "first_failed_at")));
    }

    [Fact]
    public async Task Headers_and_data_travel_on_through_a_retry_as_they_are()
    {
        var receiver = Receiver("a");
        byte[] data = [0xff, .. "not JSON"u8];
        await Subject.AddAsync(NameOf(Sent), [Field("x-tenant", "first"), Field("x-tenant", "acme"), Field("error", "its own"), new EntryField("data", data)]);

        await SettleAsync(receiver, Retried(Assert.Single(await ReceiveAsync(receiver, 1)), TimeSpan.Zero));
        var retry = Assert.Single(await ReceiveAsync(receiver, 1));

        Assert.Equal(("acme", "its own"), (Value(retry, "x-tenant"), Value(retry, "error")));
        Assert.Equal(data, retry.Fields.Single(field => field.Name == "data").Value.ToArray());
        Assert.Equal(DerivedEventId.Of(ChannelOf(Sent), Value(retry, "first_entry_id")!).ToString(), Value(retry, "event_id"));
    }

    [Fact]
    public async Task A_retry_that_is_settled_twice_happens_once()
    {
        var receiver = Receiver("a");
        await PublishAsync(1);
        var failed = Assert.Single(await ReceiveAsync(receiver, 1));

        Assert.Equal(SettleStatus.Settled, await SettleAsync(receiver, Retried(failed, TimeSpan.Zero)));
        Assert.Equal(SettleStatus.NotOwned, await SettleAsync(receiver, Retried(failed, TimeSpan.Zero)));

        var retry = Assert.Single(await ReceiveAsync(receiver, 1));
        Assert.Equal(SettleStatus.Settled, await CompleteAsync(receiver, retry));
        await AssertNothingAsync(receiver);
    }

    [Fact]
    public async Task What_waits_for_its_retry_is_not_claimed()
    {
        var receiver = Receiver("a");
        await PublishAsync(1);
        var failed = Assert.Single(await ReceiveAsync(receiver, 1));
        var other = await ConnectAsync("b");
        await SettleAsync(receiver, Retried(failed, 1.5 * Subject.ClaimIdle));
        await Subject.PassTimeAsync(Subject.ClaimIdle + Step);

        Assert.Empty(await ClaimRoundAsync(other));
        Assert.Equal("1", Value(Assert.Single(await ReceiveAsync(receiver, 1)), "attempt"));
    }

    [Fact]
    public async Task Another_group_declines_a_retry_that_is_not_its_own()
    {
        var (first, other) = (Receiver("a", "first"), Receiver("a", "other"));
        await PublishAsync(1);
        await CompleteAsync(other, Assert.Single(await ReceiveAsync(other, 1)));
        await SettleAsync(first, Retried(Assert.Single(await ReceiveAsync(first, 1)), TimeSpan.Zero));
        var own = Assert.Single(await ReceiveAsync(first, 1));

        var foreign = Assert.Single(await ReceiveAsync(other, 1));

        Assert.Equal("first", Value(foreign, "target_group"));
        Assert.Equal(SettleStatus.Settled, await SettleAsync(other, Declined(foreign)));
        Assert.Empty(await first.RenewAsync([own.Position], Cancellation));
        await Subject.PassTimeAsync(Subject.ClaimIdle + Step);
        Assert.Empty(await ClaimRoundAsync(await ConnectAsync("b", "other")));
    }

    [Fact]
    public async Task An_event_for_a_group_that_does_not_exist_is_not_settled_until_it_is_dead_lettered()
    {
        var receiver = Receiver("a");
        await Subject.AddAsync(NameOf(Sent), [Field("data", Json(1)), Field("target_group", "strangers")]);
        var received = Assert.Single(await ReceiveAsync(receiver, 1));

        Assert.Equal(SettleStatus.UnknownGroup, await SettleAsync(receiver, Declined(received)));
        Assert.Empty(await receiver.RenewAsync([received.Position], Cancellation));
        Assert.Equal(SettleStatus.Settled, await SettleAsync(receiver, DeadLettered(received, "strangers")));

        Assert.Equal("strangers", Assert.Single((await Subject.DeadLetters.ListAsync(DeadLetterFilter.All, 10, null, Cancellation)).Items).Group);
    }

    [Fact]
    public async Task Settling_again_what_is_settled_changes_nothing()
    {
        var receiver = Receiver("a");
        await PublishAsync(2);
        var received = await ReceiveAsync(receiver, 2);
        Assert.Equal(SettleStatus.Settled, await CompleteAsync(receiver, received[0]));

        await CompleteAsync(receiver, received[0]);
        Assert.Equal(SettleStatus.NotOwned, await SettleAsync(receiver, Retried(received[0], TimeSpan.Zero)));
        Assert.Equal(SettleStatus.NotOwned, await SettleAsync(receiver, DeadLettered(received[0])));

        Assert.Equal(0, await Subject.DeadLetters.CountAllAsync(Cancellation));
        await AssertNothingAsync(receiver);
        Assert.Empty(await receiver.RenewAsync([received[1].Position], Cancellation));
    }
}
