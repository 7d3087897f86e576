using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>
/// Keeps the polls of background loops out of the traces. Instrumentation of Redis and Postgres would start a trace for each of their commands; below an
/// activity that is not sampled it starts none, if the sampler follows the parent, as OpenTelemetry's default does.
/// </summary>
public static class UntracedWork
{
    /// <summary>
    /// Begins one step of a loop; the caller disposes the result at the end of the step. Not for a whole loop: the instrumentation of Redis keeps what was
    /// called below an activity until it ends.
    /// </summary>
    public static Activity Begin()
    {
        Activity.Current = null;
        return new Activity("event bus background work").SetIdFormat(ActivityIdFormat.W3C).Start();
    }
}
