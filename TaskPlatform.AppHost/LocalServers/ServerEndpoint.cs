using Microsoft.Extensions.Configuration;

namespace TaskPlatform.AppHost.LocalServers;

internal static class ServerEndpoint
{
    /// <summary>
    /// The port on which a local server listens itself: a proxy in between would accept connections while the server is away.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="name">The endpoint's name.</param>
    /// <param name="port">The port; any free one where ports are randomized, as in tests.</param>
    /// <param name="variable">The environment variable that tells the process its port, if it reads one.</param>
    public static IResourceBuilder<T> WithServerEndpoint<T>(this IResourceBuilder<T> server, string name, int port, string? variable = null)
        where T : IResourceWithEndpoints, IResourceWithEnvironment
    {
        int? listensOn = server.ApplicationBuilder.Configuration.GetValue<bool>("DcpPublisher:RandomizePorts") ? null : port;
        return server.WithEndpoint(port: listensOn, targetPort: listensOn, name: name, env: variable, isProxied: false);
    }
}
