using System.Diagnostics;
using OpenTelemetry.Trace;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>
/// Samples new traces up to a number per second. A trace whose first span is a client call is not sampled: such calls are polls and health
/// checks, which would outnumber everything else. A span that is linked to a sampled one, such as a transaction that several events share,
/// is always sampled.
/// </summary>
/// <param name="tracesPerSecond">The limit. A burst may use one second's worth at once.</param>
/// <param name="clock">The clock that the limit is measured with.</param>
internal sealed class RateLimitedSampler(int tracesPerSecond, TimeProvider clock) : Sampler
{
    private readonly long second = clock.TimestampFrequency;

    // The theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).
    private long arrival = long.MinValue;

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
        => new(samplingParameters.Kind != ActivityKind.Client && (IsLinkedToSampled(samplingParameters.Links) || TryTake())
            ? SamplingDecision.RecordAndSample
            : SamplingDecision.Drop);

    private static bool IsLinkedToSampled(IEnumerable<ActivityLink>? links)
        => links?.Any(link => link.Context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)) ?? false;

    private bool TryTake()
    {
        if (tracesPerSecond == 0)
            return false;

        var now = clock.GetTimestamp();
        while (true)
        {
            var before = Volatile.Read(ref arrival);
            var after = Math.Max(before, now) + (second / tracesPerSecond);
            if (after > now + second)
                return false;
            if (Interlocked.CompareExchange(ref arrival, after, before) == before)
                return true;
        }
    }
}
