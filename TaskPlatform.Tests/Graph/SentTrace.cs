using System.Diagnostics;

namespace TaskPlatform.Tests.Graph;

/// <summary>
/// A sampled trace for the requests that are sent meanwhile. Setting a header manually isn't enough: if this process listens to the
/// activities of HTTP clients, the client replaces the header.
/// </summary>
internal sealed class SentTrace : IDisposable
{
    private readonly Activity activity = new Activity("test")
        .SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded)
        .Start();

    public string Id => activity.TraceId.ToHexString();

    public void Dispose() => activity.Dispose();
}
