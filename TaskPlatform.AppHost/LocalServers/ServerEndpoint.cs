using Microsoft.Extensions.Configuration;

namespace TaskPlatform.AppHost.LocalServers;

internal static class ServerEndpoint
{
    /// <summary>
    /// Adds the endpoint of a local server without a proxy, because a proxy would accept connections while the server is down.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="name">The endpoint's name.</param>
    /// <param name="port">The port; any free one if ports are randomized, as in tests.</param>
    /// <param name="variable">The environment variable from which the process reads its port, if any.</param>
    public static IResourceBuilder<T> WithServerEndpoint<T>(this IResourceBuilder<T> server, string name, int port, string? variable = null)
        where T : IResourceWithEndpoints, IResourceWithEnvironment
    {
        int? listensOn = server.ApplicationBuilder.Configuration.GetValue<bool>("DcpPublisher:RandomizePorts") ? null : port;
        return server.WithEndpoint(port: listensOn, targetPort: listensOn, name: name, env: variable, isProxied: false);
    }
}
