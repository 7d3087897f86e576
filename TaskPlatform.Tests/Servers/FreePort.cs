using System.Net;
using System.Net.Sockets;

namespace TaskPlatform.Tests.Servers;

/// <summary>
/// Ports below those that Linux uses for outgoing connections (from 32768), so that while a killed server is down no client is assigned
/// its port or connects to itself.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int Last = 32_767;

    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Try another port.
            }
        }
    }
}
