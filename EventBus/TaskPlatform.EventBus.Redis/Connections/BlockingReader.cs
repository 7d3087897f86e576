using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Reads a group's streams with a blocking XREADGROUP, on a connection that nobody else waits behind.</summary>
internal sealed class BlockingReader(RedisSettings settings, WatchedConnection shared, RedisKeys keys, string name) : IAsyncDisposable
{
    /// <summary>How long Redis holds a read open: long enough to cost nothing, and well within the driver's own time limit of 5 s.</summary>
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    /// <summary>A reply that is later than this will never come: the connection is half-open, or its server is frozen.</summary>
    private static readonly TimeSpan Overdue = Block + TimeSpan.FromSeconds(2);

    // The same streams are asked for again and again: what names them is made once.
    private (IReadOnlyList<string> Streams, object[] Arguments) named = ([], []);
    private ConnectionMultiplexer? connection;
    private long clientId;

    /// <summary>The reply to one XREADGROUP; null where nothing came in time.</summary>
    /// <exception cref="RedisServerException">A stream or its group is not there, or is of the wrong kind.</exception>
    public async Task<RedisResult> ReadAsync(
        string group, string consumer, int count, bool wait, IReadOnlyList<string> streams, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(named.Streams, streams))
            named = (streams, ["STREAMS", .. streams.Select(stream => (object)(RedisKey)Encoding.UTF8.GetBytes(keys.Stream(stream)!)), .. streams.Select(_ => ">")]);
        object[] blocking = wait ? ["BLOCK", (int)Block.TotalMilliseconds] : [];
        object[] arguments = ["GROUP", group, consumer, "COUNT", count, .. blocking, .. named.Arguments];

        try
        {
            if (connection is null)
            {
                connection = await settings.ConnectAsync(name, subscribes: false);
                clientId = (long)await connection.GetDatabase().ExecuteAsync("CLIENT", "ID").WaitAsync(Overdue, cancellationToken);
            }

            return await connection.GetDatabase().ExecuteAsync("XREADGROUP", arguments).WaitAsync(Overdue, cancellationToken);
        }
        catch (TimeoutException)
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a read that is under way return at once, with nothing.</summary>
    public Task UnblockAsync() => shared.ExecuteAsync("CLIENT", "UNBLOCK", clientId);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref connection, null) is { } old)
            await old.CloseAsync(allowCommandsToComplete: false);
    }
}
