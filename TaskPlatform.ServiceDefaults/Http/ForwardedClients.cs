using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.ServiceDefaults.Start;
using IPNetwork = System.Net.IPNetwork;

namespace TaskPlatform.ServiceDefaults.Http;

/// <summary>
/// Takes the client's address and scheme from <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c>, but only in requests from
/// <c>Http:KnownProxies</c>, a list of addresses and networks (<c>10.1.0.0/16</c>) that is empty by default. Any other sender could
/// forge these headers.
/// </summary>
public static class ForwardedClients
{
    private const string KnownProxies = "Http:KnownProxies";

    /// <summary>Makes the client send the address of the current request's client, as a proxy does.</summary>
    public static IHttpClientBuilder ForwardClientAddress(this IHttpClientBuilder client)
    {
        client.Services.AddHttpContextAccessor();
        client.Services.AddTransient<AddressHandler>();
        return client.AddHttpMessageHandler<AddressHandler>();
    }

    internal static void AddForwardedClients(this WebApplicationBuilder builder)
        => builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IConfiguration>(Configure).ValidateOnStart();

    private static void Configure(ForwardedHeadersOptions options, IConfiguration configuration)
    {
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var (key, value) in configuration.GetSection(KnownProxies).AsEnumerable())
        {
            // An empty JSON list is reported as an empty value.
            if (!string.IsNullOrWhiteSpace(value))
                options.KnownIPNetworks.Add(Parse(value.Trim()) ?? throw new StartupException($"{key} in the configuration is neither an IP address nor a network such as 10.1.0.0/16."));
        }

        // With an empty list the middleware would trust every sender.
        options.ForwardedHeaders = options.KnownIPNetworks.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        options.ForwardLimit = null; // No limit: it stops at the first unknown address.
    }

    private static IPNetwork? Parse(string value)
    {
        var (text, isNetwork) = value.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? (value[..slash], true) : (value, false);

        // IPAddress also parses some numbers: 10.1 becomes 10.0.0.1.
        if (!IPAddress.TryParse(text, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text))
            return null;
        if (!isNetwork)
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);

        // Ambiguous: 10.1.2.3/16 might be meant as an address or as a network.
        return IPNetwork.TryParse(value, out var network) && network.BaseAddress.Equals(address) ? network : null;
    }

    private sealed class AddressHandler(IHttpContextAccessor requests) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Remove(ForwardedHeadersDefaults.XForwardedForHeaderName);
            if (requests.HttpContext?.Connection.RemoteIpAddress is { } address)
                request.Headers.Add(ForwardedHeadersDefaults.XForwardedForHeaderName, address.ToString());
            return base.SendAsync(request, cancellationToken);
        }
    }
}
