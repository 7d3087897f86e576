using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Configures the connections to Redis: the shared one, and one per blocking reader.</summary>
internal sealed class RedisSettings
{
    /// <summary>The driver fails a call without a reply after this time, at its next heartbeat (1 s). The server may still have run it.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<(EndPoint, ConnectionType), Socket> sockets = new();
    private ConfigurationOptions? options;

    /// <summary>Configures the shared connection to detect within seconds that the server is down, and to reconnect within one second.</summary>
    public void Configure(ConfigurationOptions configuration)
    {
        // The connection string takes precedence. ToString() contains only the settings that it specified.
        var specified = configuration.ToString(includePassword: false);
        bool Specifies(string setting) => specified.Contains($",{setting}=", StringComparison.OrdinalIgnoreCase);
        configuration.AbortOnConnectFail = false;
        configuration.AllowAdmin = true; // CLIENT UNBLOCK ends a blocking read at a stop.
        if (!Specifies("asyncTimeout"))
            configuration.AsyncTimeout = (int)Timeout.TotalMilliseconds;
        if (!Specifies("syncTimeout"))
            configuration.SyncTimeout = (int)Timeout.TotalMilliseconds;
        if (!Specifies("keepAlive"))
            configuration.KeepAlive = 5;
        if (!Specifies("connectTimeout"))
            configuration.ConnectTimeout = 2000;
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        options = configuration.Clone();
        configuration.BeforeSocketConnect = (endpoint, type, socket) => sockets[(endpoint, type)] = socket;
    }

    /// <summary>Closes the sockets of the shared connection; the driver reconnects and resubscribes.</summary>
    public void CloseSockets()
    {
        foreach (var socket in sockets.Values)
            socket.Dispose();
    }

    /// <summary>
    /// Opens a connection for a blocking reader, because its reads would block all other calls on a shared one. It never reconnects: see <see cref="BlockingReader"/>.
    /// </summary>
    /// <param name="name">The client name in CLIENT LIST.</param>
    public async Task<ConnectionMultiplexer> ConnectReaderAsync(string name)
    {
        var isOpen = false;
        var own = options?.Clone() ?? throw new InvalidOperationException("The shared Redis connection must be configured first.");
        own.ClientName = name;
        own.Protocol = RedisProtocol.Resp2; // XREADGROUP replies differently over RESP3.
        own.CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false); // Over RESP2 the driver would open a second socket for it.
        own.AbortOnConnectFail = true;
        own.BacklogPolicy = BacklogPolicy.FailFast;
        own.BeforeSocketConnect = (_, _, socket) =>
        {
            if (!isOpen)
                return;
            socket.Dispose();
            throw new IOException("A reader's connection is not opened again.");
        };
        var connection = await ConnectionMultiplexer.ConnectAsync(own);
        isOpen = true;
        return connection;
    }
}
