using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPlatform.Tests.Servers;

/// <summary>
/// Stands between a process and its server, and stops the traffic at the very command that a test is about: so the process
/// can be killed there, without a line in the product that knows of tests.
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

    /// <summary>Where the process is to connect instead of the server's own port.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Starts a proxy in front of a port on loopback.</summary>
    public static FaultProxy To(int port) => new(port);

    /// <summary>The first request that contains the text does not reach the server.</summary>
    public Hold HoldRequest(string text) => Add(new Hold(text));

    /// <summary>Of the first request that contains the text, only what stands before it reaches the server.</summary>
    public Hold CutRequest(string text) => Add(new Hold(text) { IsCut = true });

    /// <summary>The first request that contains the text reaches the server, but its reply does not come back.</summary>
    public Hold HoldReply(string text) => Add(new Hold(text) { IsReply = true });

    /// <summary>Like a cable that was cut: the connections of now stay open and carry nothing any more. New ones work.</summary>
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

/// <summary>A place where the traffic stops.</summary>
public sealed class Hold
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int used;

    internal Hold(string text) => Text = Encoding.UTF8.GetBytes(text);

    /// <summary>Ends when the traffic stands here.</summary>
    public Task Reached => reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    internal byte[] Text { get; }

    internal bool IsReply { get; init; }

    internal bool IsCut { get; init; }

    /// <summary>Lets the traffic go on.</summary>
    public void Release() => released.TrySetResult();

    internal bool TryUse() => Interlocked.Exchange(ref used, 1) == 0;

    internal Task StandAsync(CancellationToken cancellationToken)
    {
        reached.TrySetResult();
        return released.Task.WaitAsync(cancellationToken);
    }
}
