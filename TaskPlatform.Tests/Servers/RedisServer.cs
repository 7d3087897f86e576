using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPlatform.Tests.Servers;

/// <summary>A temporary Redis. The assembly shares one, with a key prefix per test; fault tests start their own.</summary>
public sealed class RedisServer : LocalServer
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private readonly RedisServerOptions options = new();

    public RedisServer()
    {
    }

    private RedisServer(RedisServerOptions options) => this.options = options;

    public override string ConnectionString => $"127.0.0.1:{Port},allowAdmin=true,password={Password}";

    private protected override Signal StopSignal => Signal.Terminate;

    public static async Task<RedisServer> StartNewAsync(RedisServerOptions? options = null)
    {
        var server = new RedisServer(options ?? new RedisServerOptions());
        await server.InitializeAsync();
        return server;
    }

    public static string NewKeyPrefix() => $"test-{Guid.CreateVersion7():n}:";

    /// <summary>Copies the current data files, like a backup or a lagging replica.</summary>
    public string CopyData()
    {
        var copy = Path.Combine(Folder, $"copy-{Guid.CreateVersion7():n}");
        Copy(DataFolder, copy);
        return copy;
    }

    /// <summary>Replaces the data of the stopped server with a copy.</summary>
    public void RestoreData(string copy)
    {
        EraseData();
        Copy(copy, DataFolder);
    }

    /// <summary>Deletes all data of the stopped server.</summary>
    public void EraseData()
    {
        EnsureStopped();
        Directory.Delete(DataFolder, recursive: true);
        Directory.CreateDirectory(DataFolder);
    }

    private protected override ServerCommand Command() => new("redis-server",
    [
        "--bind", "127.0.0.1",
        "--port", $"{Port}",
        "--requirepass", Password,
        "--dir", DataFolder,
        "--save", "",
        "--appendonly", options.AppendOnly ? "yes" : "no",
        "--appendfsync", "everysec",
        "--maxmemory", options.MaxMemory,
        "--maxmemory-policy", "noeviction",
    ]);

    protected override Task CreateDataAsync()
    {
        Directory.CreateDirectory(DataFolder);
        return Task.CompletedTask;
    }

    /// <summary>A server that is still loading its data accepts connections, but replies to PING with an error.</summary>
    protected override async Task<string?> TryConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream);

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {Password}\r\nPING\r\n"), limit.Token);
            var authenticated = await reader.ReadLineAsync(limit.Token);
            var pong = await reader.ReadLineAsync(limit.Token);
            return pong == "+PONG" ? null : $"{authenticated} {pong}";
        }
        catch (Exception refusal) when (refusal is SocketException or IOException)
        {
            return refusal.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {AnswerLimit.TotalSeconds} s";
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
