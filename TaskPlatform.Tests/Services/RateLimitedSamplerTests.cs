using System.Diagnostics;
using OpenTelemetry.Trace;
using TaskPlatform.ServiceDefaults.Telemetry;

namespace TaskPlatform.Tests.Services;

public sealed class RateLimitedSamplerTests
{
    private static readonly ActivityContext Recorded =
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    private readonly ManualClock clock = new();

    [Fact]
    public void Traces_are_sampled_up_to_the_limit_per_second_and_a_burst_may_use_one_seconds_worth()
    {
        var sampler = new RateLimitedSampler(tracesPerSecond: 100, clock);

        Assert.Equal(100, Sampled(sampler, of: 1000));

        clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(5, Sampled(sampler, of: 1000));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(100, Sampled(sampler, of: 1000));
    }

    [Fact]
    public async Task Threads_share_the_limit()
    {
        var sampler = new RateLimitedSampler(tracesPerSecond: 1000, clock);

        var sampled = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => Sampled(sampler, of: 1000), TestContext.Current.CancellationToken)));

        Assert.Equal(1000, sampled.Sum());
    }

    [Fact]
    public void A_limit_of_zero_samples_nothing()
        => Assert.Equal(0, Sampled(new RateLimitedSampler(tracesPerSecond: 0, clock), of: 10));

    [Fact]
    public void Client_calls_start_no_sampled_trace_and_do_not_count()
    {
        var sampler = new RateLimitedSampler(tracesPerSecond: 1, clock);

        Assert.Equal(0, Sampled(sampler, of: 10, ActivityKind.Client));
        Assert.Equal(1, Sampled(sampler, of: 10));
    }

    [Fact]
    public void A_span_linked_to_a_sampled_one_is_sampled()
    {
        var sampler = new RateLimitedSampler(tracesPerSecond: 1, clock);
        var notRecorded = new ActivityContext(Recorded.TraceId, Recorded.SpanId, ActivityTraceFlags.None);

        Assert.Equal(10, Sampled(sampler, of: 10, links: [new ActivityLink(notRecorded), new ActivityLink(Recorded)]));
        Assert.Equal(1, Sampled(sampler, of: 10, links: [new ActivityLink(notRecorded)]));
    }

    private static int Sampled(RateLimitedSampler sampler, int of, ActivityKind kind = ActivityKind.Server, IEnumerable<ActivityLink>? links = null)
        => Enumerable.Range(0, of).Count(_ => sampler.ShouldSample(
            new SamplingParameters(parentContext: default, ActivityTraceId.CreateRandom(), "work", kind, tags: null, links)).Decision
            == SamplingDecision.RecordAndSample);

    private sealed class ManualClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }
}
