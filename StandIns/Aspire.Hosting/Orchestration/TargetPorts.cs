using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Where one instance listens itself. Others connect to the endpoint, which is the same port unless instances share it.</summary>
internal sealed class TargetPorts(IReadOnlyDictionary<EndpointAnnotation, int> ports)
{
    /// <summary>Outside of any instance: what the endpoints themselves say.</summary>
    public static TargetPorts OfEndpoints { get; } = new(new Dictionary<EndpointAnnotation, int>());

    public int? Of(EndpointAnnotation endpoint) => ports.TryGetValue(endpoint, out var port) ? port : null;
}
