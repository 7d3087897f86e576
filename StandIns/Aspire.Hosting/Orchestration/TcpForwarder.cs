using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration;

/// <summary>Lets several instances answer at one port: each connection goes to the next one that accepts it.</summary>
internal sealed class TcpForwarder : IAsyncDisposable
{
    private readonly Forwarding _forwarding;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private uint _next;

    public TcpForwarder(Forwarding forwarding)
    {
        _forwarding = forwarding;
        _listener = new TcpListener(IPAddress.Loopback, forwarding.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();

        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                connections.RemoveAll(connection => connection.IsCompleted);
                connections.Add(ForwardAsync(client));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using (client)
        using (var target = await ConnectAsync())
        using (var broken = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token))
        {
            if (target is not null)
                await Task.WhenAll(PumpAsync(client, target, broken), PumpAsync(target, client, broken));
        }
    }

    /// <summary>Passes one direction on, and its end too: who has said all may still be listening.</summary>
    private static async Task PumpAsync(TcpClient from, TcpClient to, CancellationTokenSource broken)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream(), broken.Token);
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception end) when (end is IOException or SocketException or OperationCanceledException)
        {
            await broken.CancelAsync();
        }
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        for (var i = 0; i < _forwarding.Targets.Count; i++)
        {
            var target = new TcpClient();
            var port = _forwarding.Targets[(int)(_next++ % _forwarding.Targets.Count)];

            try
            {
                await target.ConnectAsync(IPAddress.Loopback, port, _stopping.Token);
                return target;
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException)
            {
                target.Dispose();
            }
        }

        return null;
    }
}
