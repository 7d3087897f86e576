using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Aspire.Hosting.Orchestration;

/// <summary>Finds free ports. It holds each one until it is disposed, so that none is given twice.</summary>
internal sealed class PortAllocator : IDisposable
{
    // Below the range from which the system takes ports for outgoing connections, or one of those might take it first.
    private const int First = 20_000;
    private const int Last = 32_000;

    private readonly List<TcpListener> _held = [];

    public int AnyFree()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);

            if (TryHold(port))
                return port;
        }
    }

    /// <exception cref="DistributedApplicationException">Somebody else has it.</exception>
    public int Exactly(int port, string resourceName) => TryHold(port)
        ? port
        : throw new DistributedApplicationException(
            $"Port {port}, which resource '{resourceName}' is to listen on, is in use. "
            + "Stop the process that has it, or another run of this application.");

    public void Dispose()
    {
        foreach (var listener in _held)
            listener.Dispose();
    }

    private bool TryHold(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);

        try
        {
            listener.Start();
            _held.Add(listener);
            return true;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            listener.Dispose();
            return false;
        }
    }
}
