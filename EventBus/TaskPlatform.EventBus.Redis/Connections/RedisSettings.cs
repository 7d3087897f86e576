using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>How the process connects to Redis: the shared connection, and one for each blocking reader.</summary>
internal sealed class RedisSettings
{
    /// <summary>After this time without a reply the driver fails a call, at its next heartbeat (each second). The server may still have run it.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<(EndPoint, ConnectionType), Socket> sockets = new();
    private ConfigurationOptions? options;

    /// <summary>Configures the shared connection: it detects within seconds that its server is down, and reconnects within one second.</summary>
    public void Tune(ConfigurationOptions configuration)
    {
        // What the connection string says wins; the driver writes out only that.
        var given = configuration.ToString(includePassword: false);
        bool Gives(string setting) => given.Contains($",{setting}=", StringComparison.OrdinalIgnoreCase);
        configuration.AbortOnConnectFail = false;
        configuration.AllowAdmin = true; // CLIENT UNBLOCK ends a blocking read at a stop.
        if (!Gives("asyncTimeout"))
            configuration.AsyncTimeout = (int)Timeout.TotalMilliseconds;
        if (!Gives("syncTimeout"))
            configuration.SyncTimeout = (int)Timeout.TotalMilliseconds;
        if (!Gives("keepAlive"))
            configuration.KeepAlive = 5;
        if (!Gives("connectTimeout"))
            configuration.ConnectTimeout = 2000;
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        options = configuration.Clone();
        configuration.BeforeSocketConnect = (endpoint, type, socket) => sockets[(endpoint, type)] = socket;
    }

    /// <summary>Closes the sockets of the shared connection; the driver reconnects and subscribes again.</summary>
    public void CloseSockets()
    {
        foreach (var socket in sockets.Values)
            socket.Dispose();
    }

    /// <summary>Opens a connection for a blocking reader, so that no other call waits behind its reads.</summary>
    /// <param name="name">The client name in CLIENT LIST.</param>
    public async Task<ConnectionMultiplexer> ConnectReaderAsync(string name)
    {
        var own = options?.Clone() ?? throw new InvalidOperationException("The shared Redis connection must be configured first.");
        own.ClientName = name;
        own.Protocol = RedisProtocol.Resp2; // XREADGROUP replies differently over RESP3.
        own.CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false); // Over RESP2 the driver would open a second socket for it.
        return await ConnectionMultiplexer.ConnectAsync(own);
    }
}
