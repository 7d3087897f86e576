using System.Net;
using System.Net.Sockets;

namespace TaskPlatform.Tests.Servers;

/// <summary>
/// Ports below those that Linux gives to outgoing connections (from 32768): while a killed server is away, no client takes
/// its port, nor connects to itself there.
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
                // Try another one.
            }
        }
    }
}
