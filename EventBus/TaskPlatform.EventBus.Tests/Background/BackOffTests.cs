using Microsoft.Extensions.Time.Testing;

namespace TaskPlatform.EventBus.Tests.Background;

public sealed class BackOffTests
{
    private readonly FakeTimeProvider clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waits_double_up_to_a_maximum_with_jitter_and_begin_anew_after_a_success()
    {
        var backOff = new BackOff(clock);
        foreach (var seconds in (double[])[0.1, 0.2, 0.4, 0.8, 1.6, 3, 3])
            await AssertWaitAsync(backOff, seconds);

        backOff.Reset();

        await AssertWaitAsync(backOff, 0.1);
        await AssertWaitAsync(backOff, 0.2);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        var waiting = new BackOff(clock).WaitAsync(cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private async Task AssertWaitAsync(BackOff backOff, double seconds)
    {
        var waiting = backOff.WaitAsync(Cancellation);
        clock.Advance(TimeSpan.FromSeconds(0.5 * seconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(waiting.IsCompleted, $"It waited less than half of {seconds} s.");
        clock.Advance(TimeSpan.FromSeconds(seconds) + TimeSpan.FromMilliseconds(2));
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }
}
