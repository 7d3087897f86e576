using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace TaskPlatform.EventBus.Tests.Background;

public sealed class BackgroundLoopsTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider clock = new();
    private readonly BusHealth health = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<DateTimeOffset> steps = Channel.CreateUnbounded<DateTimeOffset>();
    private readonly BackgroundLoops loops;

    public BackgroundLoopsTests() => loops = new BackgroundLoops(health, clock, NullLogger<BackgroundLoops>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => stop.Dispose();

    [Fact]
    public async Task A_step_is_repeated_after_the_interval_until_the_stop()
    {
        var running = loops.RunAsync("role", Step, Interval, stop.Token);
        var first = await steps.Reader.ReadAsync(Cancellation);

        var second = await NextAsync();
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.InRange(second - first, Interval, Interval + TimeSpan.FromSeconds(10));
        Assert.False(steps.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_step_that_fails_is_repeated_after_a_back_off_and_the_health_says_why()
    {
        var failures = 3;
        var running = loops.RunAsync(
            "role",
            _ =>
            {
                steps.Writer.TryWrite(clock.GetUtcNow());
                return failures-- > 0 ? throw new InvalidOperationException("away") : Task.CompletedTask;
            },
            Interval,
            stop.Token);
        var times = new List<DateTimeOffset> { await steps.Reader.ReadAsync(Cancellation) };
        Assert.Equal("away", health.Problems["role"]);

        while (times.Count < 4)
            times.Add(await NextAsync());
        await NextAsync(); // After the interval: the fourth step succeeded.

        Assert.False(health.HasProblems);
        Assert.True(times[3] - times[0] < Interval, "It waited for the interval, not for the back-off.");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_loop_without_an_interval_gives_heartbeats_and_is_forgotten_at_its_end()
    {
        var release = new TaskCompletionSource();
        var running = loops.RunAsync("role", _ => Step(_).ContinueWith(_ => release.Task, TaskScheduler.Default).Unwrap(), TimeSpan.Zero, stop.Token);
        await steps.Reader.ReadAsync(Cancellation);
        Assert.Equal(["role"], health.Stalled(TimeSpan.FromTicks(-1)));

        await stop.CancelAsync();
        release.SetResult();
        await running.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Empty(health.Stalled(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public async Task A_last_step_may_find_the_transport_unavailable_but_a_bug_is_thrown()
    {
        await loops.TryOnceAsync("role", () => throw new EventTransportUnavailableException(new TimeoutException()));
        await Assert.ThrowsAsync<FormatException>(() => loops.TryOnceAsync("role", () => throw new FormatException()));
    }

    private Task Step(CancellationToken cancellationToken)
    {
        steps.Writer.TryWrite(clock.GetUtcNow());
        return Task.CompletedTask;
    }

    private async Task<DateTimeOffset> NextAsync()
    {
        var next = steps.Reader.ReadAsync(Cancellation).AsTask();
        await clock.UntilAsync(next);
        return await next;
    }
}
