using System.Diagnostics;
using OpenTelemetry.Trace;
using TaskPlatform.ServiceDefaults.Telemetry;

namespace TaskPlatform.Tests.Services;

public sealed class WorkSamplerTests
{
    private static readonly ActivityContext Recorded =
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    private readonly StopwatchInHand clock = new();

    [Fact]
    public void So_many_traces_a_second_are_sampled_and_the_first_of_them_at_once()
    {
        var sampler = new WorkSampler(tracesPerSecond: 100, clock);

        Assert.Equal(100, Sampled(sampler, of: 1000));

        clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(5, Sampled(sampler, of: 1000));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(100, Sampled(sampler, of: 1000));
    }

    [Fact]
    public async Task Threads_share_the_traces()
    {
        var sampler = new WorkSampler(tracesPerSecond: 1000, clock);

        var sampled = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => Sampled(sampler, of: 1000), TestContext.Current.CancellationToken)));

        Assert.Equal(1000, sampled.Sum());
    }

    [Fact]
    public void None_are_sampled_where_none_are_wanted()
        => Assert.Equal(0, Sampled(new WorkSampler(tracesPerSecond: 0, clock), of: 10));

    [Fact]
    public void Housekeeping_is_not_sampled_and_takes_nothing_from_work()
    {
        var sampler = new WorkSampler(tracesPerSecond: 1, clock);

        Assert.Equal(0, Sampled(sampler, of: 10, ActivityKind.Client));
        Assert.Equal(1, Sampled(sampler, of: 10));
    }

    [Fact]
    public void What_is_linked_to_sampled_spans_is_sampled_as_well()
    {
        var sampler = new WorkSampler(tracesPerSecond: 1, clock);
        var notRecorded = new ActivityContext(Recorded.TraceId, Recorded.SpanId, ActivityTraceFlags.None);

        Assert.Equal(10, Sampled(sampler, of: 10, links: [new ActivityLink(notRecorded), new ActivityLink(Recorded)]));
        Assert.Equal(1, Sampled(sampler, of: 10, links: [new ActivityLink(notRecorded)]));
    }

    private static int Sampled(WorkSampler sampler, int of, ActivityKind kind = ActivityKind.Server, IEnumerable<ActivityLink>? links = null)
        => Enumerable.Range(0, of).Count(_ => sampler.ShouldSample(
            new SamplingParameters(parentContext: default, ActivityTraceId.CreateRandom(), "work", kind, tags: null, links)).Decision
            == SamplingDecision.RecordAndSample);

    private sealed class StopwatchInHand : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }
}
