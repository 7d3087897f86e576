using System.Diagnostics;

namespace TaskPlatform.Tests.Graph;

/// <summary>
/// A sampled trace that the requests made meanwhile belong to. A header set by hand would not do: where something in this process
/// listens to HTTP clients, the client replaces it.
/// </summary>
internal sealed class SentTrace : IDisposable
{
    private readonly Activity activity = new Activity("test")
        .SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded)
        .Start();

    public string Id => activity.TraceId.ToHexString();

    public void Dispose() => activity.Dispose();
}
