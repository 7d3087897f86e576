using Microsoft.Extensions.Time.Testing;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Channels;

public sealed class ChannelHandlingTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider clock = new();
    private readonly KeyedQueue queue = new(100, 1);
    private readonly ChannelHandling handling;

    public ChannelHandlingTests() => handling = new ChannelHandling(queue, DrainTimeout, clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => queue.Dispose();

    [Fact]
    public async Task What_waits_is_returned_at_once_and_later_events_are_dropped_until_the_channel_is_owned_again()
    {
        handling.Begin(Deliveries.Stream);
        queue.Add([Deliveries.Of(1), Deliveries.Of(2)]);

        var unhandled = await handling.EndAsync(Deliveries.Stream, Cancellation);
        queue.Add([Deliveries.Of(3)]);

        Assert.Equal(["1-0", "2-0"], unhandled.Select(position => position.Id));
        Assert.Empty(queue.Held);
        Assert.False(handling.IsOwned(Deliveries.Stream));
        handling.Begin(Deliveries.Stream);
        queue.Add([Deliveries.Of(4)]);
        Assert.Equal(4, Deliveries.NumberOf(Assert.Single(await queue.TakeAsync(Cancellation))));
    }

    [Fact]
    public async Task It_ends_when_what_is_running_has_been_settled()
    {
        queue.Add([Deliveries.Of(1)]);
        var running = await queue.TakeAsync(Cancellation);
        queue.Add([Deliveries.Of(2)]);

        var ending = handling.EndAsync(Deliveries.Stream, Cancellation);
        Assert.False(ending.IsCompleted);
        queue.Remove(running[0]);

        Assert.Equal(["2-0"], (await ending.WaitAsync(Limit, Cancellation)).Select(position => position.Id));
    }

    [Fact]
    public async Task What_a_worker_has_taken_but_not_begun_counts_as_not_handled()
    {
        queue.Add([Deliveries.Of(1)]);
        var taken = await queue.TakeAsync(Cancellation);

        var ending = handling.EndAsync(Deliveries.Stream, Cancellation);
        Assert.True(queue.IsClosed(Deliveries.Stream));
        queue.RemoveUnhandled(taken);

        Assert.Equal(["1-0"], (await ending.WaitAsync(Limit, Cancellation)).Select(position => position.Id));
    }

    [Fact]
    public async Task A_handler_that_takes_longer_than_the_drain_is_cancelled()
    {
        queue.Add([Deliveries.Of(1)]);
        List<Delivery> running = [.. await queue.TakeAsync(Cancellation)];
        using var claims = new CancellationTokenSource();
        queue.Watch(running, claims);

        var ending = handling.EndAsync(Deliveries.Stream, Cancellation);
        clock.Advance(DrainTimeout);
        await Assert.ThrowsAsync<TaskCanceledException>(() => Task.Delay(Limit, claims.Token));
        queue.Remove(running[0]);

        Assert.Empty(await ending.WaitAsync(Limit, Cancellation));
    }

    [Fact]
    public async Task If_another_process_owns_the_channel_its_handlers_are_cancelled_and_those_of_other_channels_are_not()
    {
        var other = Delivery.Parse(new ReceivedEvent(new EventPosition("events:letter.lost", "1-0"), [Deliveries.Field("data", Deliveries.Json(9))], 0), 1024);
        queue.Add([Deliveries.Of(1)]);
        List<Delivery> running = [.. await queue.TakeAsync(Cancellation)];
        queue.Add([other]);
        using var claims = new CancellationTokenSource();
        queue.Watch(running, claims);

        var aborting = handling.AbortAsync(Deliveries.Stream);

        Assert.True(claims.IsCancellationRequested);
        Assert.True(queue.IsLost(running[0]));
        Assert.Equal([other], queue.Waiting);
        Assert.False(aborting.IsCompleted);
        queue.Remove(running[0]);
        await aborting.WaitAsync(Limit, Cancellation);
    }
}
