using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives every endpoint its port, and every instance the port it listens on itself.</summary>
internal sealed class EndpointAllocator(IConfiguration configuration)
{
    private readonly bool _randomize = configuration.GetValue<bool>("DcpPublisher:RandomizePorts");

    /// <returns>The target ports of each instance, and what has to be forwarded to them.</returns>
    public (IReadOnlyList<TargetPorts> Instances, IReadOnlyList<Forwarding> Forwardings) Allocate(IResource resource, PortAllocator ports)
    {
        var instances = Enumerable.Range(0, resource.GetReplicaCount()).Select(_ => new Dictionary<EndpointAnnotation, int>()).ToList();
        var forwardings = new List<Forwarding>();

        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var wanted = _randomize && endpoint.IsProxied ? null : endpoint.Port;
            var own = instances.Count == 1 && (wanted is null || wanted == endpoint.TargetPort) ? endpoint.TargetPort : null;
            var port = (wanted ?? own) is { } given ? ports.Exactly(given, resource.Name) : ports.AnyFree();
            var needsForwarding = instances.Count > 1 || (endpoint.TargetPort is not null && own is null);

            foreach (var instance in instances)
                instance[endpoint] = !needsForwarding
                    ? port
                    : instances.Count == 1 ? ports.Exactly(endpoint.TargetPort!.Value, resource.Name) : ports.AnyFree();

            if (needsForwarding)
                forwardings.Add(new Forwarding(port, [.. instances.Select(instance => instance[endpoint])]));

            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost, port);
        }

        return ([.. instances.Select(instance => new TargetPorts(instance))], forwardings);
    }
}

/// <summary>A port whose connections go to the instances in turn.</summary>
internal sealed record Forwarding(int Port, IReadOnlyList<int> Targets);
