using System.Diagnostics;
using OpenTelemetry.Trace;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>
/// Samples traces that begin with work, a request or an event, up to a number a second. A call to a server that begins a trace is
/// housekeeping, such as a look for new work or a health check; there is one each second for ever, and it would bury the rest. A span that
/// is linked to sampled ones, such as a transaction that several events share, belongs to them.
/// </summary>
/// <param name="tracesPerSecond">How many; the first of them may come at once.</param>
/// <param name="clock">The time.</param>
internal sealed class WorkSampler(int tracesPerSecond, TimeProvider clock) : Sampler
{
    private readonly long second = clock.TimestampFrequency;

    /// <summary>When all that were sampled would be through, had they come evenly: a generic cell rate algorithm (ITU-T I.371).</summary>
    private long through = long.MinValue;

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
            var before = Volatile.Read(ref through);
            var after = Math.Max(before, now) + (second / tracesPerSecond);
            if (after > now + second)
                return false;
            if (Interlocked.CompareExchange(ref through, after, before) == before)
                return true;
        }
    }
}
