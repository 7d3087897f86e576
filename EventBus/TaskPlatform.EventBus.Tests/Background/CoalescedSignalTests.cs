namespace TaskPlatform.EventBus.Tests.Background;

public sealed class CoalescedSignalTests : IDisposable
{
    private readonly CoalescedSignal signal = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => signal.Dispose();

    [Fact]
    public async Task Any_number_of_calls_wake_one_wait()
    {
        for (var i = 0; i < 5; i++)
            signal.Set();

        Assert.True(await signal.WaitAsync(Timeout.InfiniteTimeSpan, Cancellation));
        Assert.False(await signal.WaitAsync(TimeSpan.Zero, Cancellation));
    }

    [Fact]
    public async Task A_call_during_a_wait_ends_it()
    {
        var waiting = signal.WaitAsync(Timeout.InfiniteTimeSpan, Cancellation);
        Assert.False(waiting.IsCompleted);
        signal.Set();
        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public async Task After_a_wait_it_can_be_set_again()
    {
        signal.Set();
        await signal.WaitAsync(TimeSpan.Zero, Cancellation);
        signal.Set();
        Assert.True(await signal.WaitAsync(TimeSpan.Zero, Cancellation));
    }
}
