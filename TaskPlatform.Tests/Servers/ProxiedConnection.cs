using System.Net;
using System.Net.Sockets;

namespace TaskPlatform.Tests.Servers;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class ProxiedConnection(FaultProxy proxy, Socket client)
{
    /// <summary>How many bytes of the previous packet are searched again, because a text may be split over two packets.</summary>
    private const int Overlap = 128;

    private readonly TaskCompletionSource frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Hold? replies;

    public void Freeze() => frozen.TrySetResult();

    public async Task RunAsync(int target, CancellationToken cancellationToken)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target, ended.Token);
                await Task.WhenAny(RequestsAsync(server, ended.Token), RepliesAsync(server, ended.Token)).Unwrap();
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One end was closed, so close both.
            }

            await ended.CancelAsync();
        }
    }

    private async Task RequestsAsync(Socket server, CancellationToken cancellationToken)
    {
        var buffer = new byte[Overlap + (64 * 1024)];
        var kept = 0;
        while (true)
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(kept, buffer.Length - kept), cancellationToken);
            if (read == 0)
                return;

            if (proxy.Match(buffer.AsSpan(0, kept + read)) is { } hold)
            {
                if (hold.IsCut && buffer.AsSpan(0, kept + read).IndexOf(hold.Text) is var cut && cut > kept)
                    await server.SendAsync(buffer.AsMemory(kept, cut - kept), cancellationToken);
                if (hold.IsReply)
                    replies = hold;
                else
                    await hold.StandAsync(cancellationToken);
            }

            await StandIfFrozenAsync(cancellationToken);
            await server.SendAsync(buffer.AsMemory(kept, read), cancellationToken);

            var all = kept + read;
            var keep = Math.Min(Overlap, all);
            buffer.AsSpan(all - keep, keep).CopyTo(buffer);
            kept = keep;
        }
    }

    private async Task RepliesAsync(Socket server, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var read = await server.ReceiveAsync(buffer, cancellationToken);
            if (read == 0)
                return;

            if (replies is { } hold)
                await hold.StandAsync(cancellationToken);
            await StandIfFrozenAsync(cancellationToken);
            await client.SendAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private Task StandIfFrozenAsync(CancellationToken cancellationToken)
        => frozen.Task.IsCompleted ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken) : Task.CompletedTask;
}
