using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace TaskPlatform.AppHost.Startup;

/// <summary>Fails the start before anything runs if a required port is in use.</summary>
internal static class PortCheck
{
    /// <summary>The settings that contain the dashboard's addresses.</summary>
    private static readonly string[] DashboardAddresses =
        ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"];

    public static IDistributedApplicationBuilder AddPortCheck(this IDistributedApplicationBuilder builder)
    {
        // Randomized ports, as in tests, are free when they are chosen.
        if (!builder.Configuration.GetValue<bool>("DcpPublisher:RandomizePorts"))
            builder.OnBeforeStart((start, _) =>
            {
                Check([.. OfResources(start.Model), .. OfDashboard(builder.Configuration)]);
                return Task.CompletedTask;
            });

        return builder;
    }

    /// <exception cref="DistributedApplicationException">One of the ports is in use.</exception>
    private static void Check(IReadOnlyList<(int Port, string Owner)> needed)
    {
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Where(listener => IPAddress.IsLoopback(listener.Address) || listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any))
            .Select(listener => listener.Port)
            .ToHashSet();

        var taken = needed.Where(port => used.Contains(port.Port)).Select(port => $"{port.Port} ({port.Owner})").ToList();
        if (taken.Count > 0)
            throw new DistributedApplicationException(
                $"In use by another program: port {string.Join(", port ", taken)}. "
                + "Stop that program, which may be another instance of this application, and start again.");
    }

    private static IEnumerable<(int Port, string Owner)> OfResources(DistributedApplicationModel model)
        => from resource in model.Resources
           from endpoint in resource.Annotations.OfType<EndpointAnnotation>()
           where endpoint.Port > 0 && endpoint.Protocol == ProtocolType.Tcp
           select (endpoint.Port.GetValueOrDefault(), resource.Name);

    private static IEnumerable<(int Port, string Owner)> OfDashboard(ConfigurationManager configuration)
        => from setting in DashboardAddresses
           from address in (configuration[setting] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
           where Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Port > 0
           select (new Uri(address).Port, "dashboard");
}
