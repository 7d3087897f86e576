using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPlatform.Tests.Servers;

/// <summary>
/// A proxy between a process and its server that holds the traffic at a given command, so that a test can kill the process at exactly that
/// point without any test code in the product.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closed = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> connections = new();
    private readonly ConcurrentQueue<Hold> holds = new();
    private readonly int target;
    private readonly Task accepting;

    private FaultProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>The port to which the process connects instead of the server's port.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Starts a proxy in front of a port on loopback.</summary>
    public static FaultProxy To(int port) => new(port);

    /// <summary>Holds the first request that contains the text before it reaches the server.</summary>
    public Hold HoldRequest(string text) => Add(new Hold(text));

    /// <summary>Cuts the first request that contains the text: only the bytes before the text reach the server.</summary>
    public Hold CutRequest(string text) => Add(new Hold(text) { IsCut = true });

    /// <summary>Forwards the first request that contains the text, and holds its reply.</summary>
    public Hold HoldReply(string text) => Add(new Hold(text) { IsReply = true });

    /// <summary>Makes all current connections half-open, like a cut cable. New connections work.</summary>
    public void Freeze()
    {
        foreach (var connection in connections.Keys)
            connection.Freeze();
    }

    public async ValueTask DisposeAsync()
    {
        await closed.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(connections.Values);
        closed.Dispose();
    }

    internal Hold? Match(ReadOnlySpan<byte> request)
    {
        foreach (var hold in holds)
        {
            if (request.IndexOf(hold.Text) >= 0 && hold.TryUse())
                return hold;
        }

        return null;
    }

    private Hold Add(Hold hold)
    {
        holds.Enqueue(hold);
        return hold;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(closed.Token);
                var connection = new ProxiedConnection(this, client);
                connections[connection] = connection.RunAsync(target, closed.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}

/// <summary>A point at which the traffic is held.</summary>
public sealed class Hold
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int used;

    internal Hold(string text) => Text = Encoding.UTF8.GetBytes(text);

    /// <summary>Completes when the traffic is held.</summary>
    public Task Reached => reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    internal byte[] Text { get; }

    internal bool IsReply { get; init; }

    internal bool IsCut { get; init; }

    /// <summary>Releases the traffic.</summary>
    public void Release() => released.TrySetResult();

    internal bool TryUse() => Interlocked.Exchange(ref used, 1) == 0;

    internal Task StandAsync(CancellationToken cancellationToken)
    {
        reached.TrySetResult();
        return released.Task.WaitAsync(cancellationToken);
    }
}
