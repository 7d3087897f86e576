using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace TaskPlatform.EventBus.Tests.Background;

public sealed class BackgroundRoleTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider clock = new();
    private readonly ListLogger<BackgroundLoops> log = new();
    private readonly BusHealth health;
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<DateTimeOffset> steps = Channel.CreateUnbounded<DateTimeOffset>();
    private readonly BackgroundLoops loops;

    public BackgroundRoleTests()
    {
        health = new BusHealth(clock);
        loops = new BackgroundLoops(health, clock, log);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => stop.Dispose();

    [Fact]
    public async Task A_step_is_repeated_after_the_interval_until_the_stop()
    {
        var running = loops.RunAsync(new("role") { Interval = Interval }, Step, stop.Token);
        var first = await steps.Reader.ReadAsync(Cancellation);

        var second = await NextAsync();
        await StopAsync(running);

        Assert.InRange(second - first, Interval, Interval + TimeSpan.FromSeconds(10));
        Assert.False(steps.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_role_that_waits_first_begins_after_the_interval()
    {
        var started = clock.GetUtcNow();
        var running = loops.RunAsync(new("role") { Interval = Interval, WaitsFirst = true }, Step, stop.Token);

        Assert.InRange(await NextAsync() - started, Interval, Interval + TimeSpan.FromSeconds(10));
        await StopAsync(running);
    }

    [Fact]
    public async Task A_step_is_below_an_activity_of_its_own_that_is_not_sampled()
    {
        using var outer = new Activity("a request that starts the role").Start();
        var activities = Channel.CreateUnbounded<Activity?>();
        var running = loops.RunAsync(
            new("role") { Interval = Interval },
            _ =>
            {
                activities.Writer.TryWrite(Activity.Current);
                return Task.CompletedTask;
            },
            stop.Token);

        var first = await activities.Reader.ReadAsync(Cancellation);
        var next = activities.Reader.ReadAsync(Cancellation).AsTask();
        await clock.UntilAsync(next);
        var second = await next;
        await stop.CancelAsync();
        await running;

        Assert.False(first!.Recorded);
        Assert.Null(first.Parent);
        Assert.True(first.IsStopped);
        Assert.NotEqual(first.TraceId, second!.TraceId);
        Assert.Same(outer, Activity.Current);
    }

    [Fact]
    public async Task A_step_can_say_how_long_to_wait()
    {
        var waits = new Queue<TimeSpan>([TimeSpan.Zero, Interval, Interval]);
        var running = loops.RunAsync(
            new("role"),
            async token =>
            {
                await Step(token);
                return waits.Dequeue();
            },
            stop.Token);
        var first = await steps.Reader.ReadAsync(Cancellation);

        Assert.Equal(first, await steps.Reader.ReadAsync(Cancellation));
        Assert.InRange(await NextAsync() - first, Interval, Interval + TimeSpan.FromSeconds(10));
        await StopAsync(running);
    }

    [Fact]
    public async Task A_signal_ends_the_wait()
    {
        using var signal = new CoalescedSignal();
        var running = loops.RunAsync(new("role") { Interval = TimeSpan.FromDays(1), Signal = signal }, Step, stop.Token);
        await steps.Reader.ReadAsync(Cancellation);

        signal.Set();

        await steps.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Limit, Cancellation);
        await StopAsync(running);
    }

    [Fact]
    public async Task A_step_that_fails_is_repeated_with_back_off_and_reported_once_and_so_is_its_recovery()
    {
        var failures = 3;
        var running = loops.RunAsync(new("role") { Interval = Interval }, token => FailingStep(token, ref failures), stop.Token);
        var times = new List<DateTimeOffset> { await steps.Reader.ReadAsync(Cancellation) };
        Assert.Equal("away", health.Problems["role"]);

        while (times.Count < 4)
            times.Add(await NextAsync());
        await NextAsync(); // After the interval: the fourth step succeeded.

        Assert.False(health.HasProblems);
        Assert.True(times[3] - times[0] < Interval, "It waited for the interval, not for the back-off.");
        Assert.Equal(
            [(LogLevel.Warning, "role was interrupted; recovery is automatic."), (LogLevel.Information, "role has recovered.")], log.Entries);
        await StopAsync(running);
    }

    [Fact]
    public async Task Each_incident_begins_with_the_shortest_wait()
    {
        var outcomes = new Queue<bool>([false, false, false, false, false, true, false, true, true, true]);
        var running = loops.RunAsync(
            new("role") { Interval = Interval },
            async token =>
            {
                await Step(token);
                if (!outcomes.Dequeue())
                    throw new InvalidOperationException("away");
            },
            stop.Token);
        var times = new List<DateTimeOffset>();
        while (times.Count < 8)
            times.Add(await NextAsync(TimeSpan.FromMilliseconds(10)));
        await StopAsync(running);

        Assert.True(times[7] - times[6] < TimeSpan.FromSeconds(1.5), "It waited as long as in the first incident.");
        Assert.Equal(4, log.Entries.Count);
    }

    [Fact]
    public async Task A_role_can_be_logged_at_a_lower_level()
    {
        var failures = 1;
        var running = loops.RunAsync(
            new("role") { Interval = Interval, LogLevel = LogLevel.Debug }, token => FailingStep(token, ref failures), stop.Token);
        for (var i = 0; i < 3; i++)
            await NextAsync();
        await StopAsync(running);

        Assert.Equal([LogLevel.Debug, LogLevel.Debug], log.Entries.Select(entry => entry.Level));
    }

    [Fact]
    public async Task An_unavailable_transport_is_reported_without_its_stack_trace()
    {
        var running = loops.RunAsync(
            new("role"),
            async token =>
            {
                await Step(token);
                throw new EventTransportUnavailableException(new TimeoutException("No reply."));
            },
            stop.Token);
        await NextAsync();
        await NextAsync();
        await StopAsync(running);

        Assert.Equal([(LogLevel.Warning, "role: the transport is unavailable; recovery is automatic: No reply.")], log.Entries);
        Assert.Equal("No reply.", health.Problems["role"]);
    }

    [Fact]
    public async Task A_role_with_a_heartbeat_is_stalled_once_a_step_takes_too_long()
    {
        var release = new TaskCompletionSource();
        var running = loops.RunAsync(
            new("role") { HasHeartbeat = true },
            async token =>
            {
                await Step(token);
                await release.Task;
            },
            stop.Token);
        await steps.Reader.ReadAsync(Cancellation);
        Assert.Empty(health.Stalled(Interval));

        clock.Advance(2 * Interval);
        Assert.Equal(["role"], health.Stalled(Interval));

        await stop.CancelAsync();
        release.SetResult();
        await running.WaitAsync(Limit, Cancellation);
        Assert.Empty(health.Stalled(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_role_without_a_heartbeat_is_never_stalled()
    {
        var running = loops.RunAsync(new("role") { Interval = Interval }, Step, stop.Token);
        await steps.Reader.ReadAsync(Cancellation);

        Assert.Empty(health.Stalled(TimeSpan.FromTicks(-1)));
        await StopAsync(running);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stop_ends_a_step_without_a_report_unless_the_step_fails(bool fails)
    {
        var running = loops.RunAsync(
            new("role"),
            async token =>
            {
                await Step(token);
                await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (fails)
                    throw new InvalidOperationException("away");
                token.ThrowIfCancellationRequested();
            },
            stop.Token);
        await steps.Reader.ReadAsync(Cancellation);

        await StopAsync(running);

        Assert.Equal(fails ? 1 : 0, log.Entries.Count);
    }

    [Fact]
    public async Task A_stop_ends_the_wait_after_a_failure()
    {
        var failures = int.MaxValue;
        var running = loops.RunAsync(new("role"), token => FailingStep(token, ref failures), stop.Token);
        await steps.Reader.ReadAsync(Cancellation);

        await StopAsync(running);
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

    private Task FailingStep(CancellationToken cancellationToken, ref int failures)
    {
        var fails = failures-- > 0; // Decided before the test learns of the step.
        var step = Step(cancellationToken);
        return fails ? throw new InvalidOperationException("away") : step;
    }

    private async Task StopAsync(Task running)
    {
        await stop.CancelAsync();
        await running.WaitAsync(Limit, Cancellation);
    }

    private async Task<DateTimeOffset> NextAsync(TimeSpan? clockStep = null)
    {
        var next = steps.Reader.ReadAsync(Cancellation).AsTask();
        await clock.UntilAsync(next, clockStep);
        return await next;
    }
}
