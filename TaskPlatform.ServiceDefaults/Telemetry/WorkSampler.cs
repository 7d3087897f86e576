using System.Diagnostics;
using OpenTelemetry.Trace;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>
/// Samples every trace that begins with work: a request, an event. A call to a server that begins a trace is housekeeping, such as
/// a look for new work or a health check; there is one each second for ever, and it would bury the rest.
/// </summary>
internal sealed class WorkSampler : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
        => new(samplingParameters.Kind == ActivityKind.Client ? SamplingDecision.Drop : SamplingDecision.RecordAndSample);
}
