using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Reads a group's streams with a blocking XREADGROUP, on a connection of its own.</summary>
internal sealed class BlockingReader(RedisSettings settings, IDatabase shared, RedisKeys keys, string name) : IAsyncDisposable
{
    /// <summary>How long Redis holds a read open: long enough to cost nothing, and well within <see cref="RedisSettings.Timeout"/>.</summary>
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    // The same streams are asked for again and again: what names them is made once.
    private (IReadOnlyList<string> Streams, RedisKeyOrValue[] Arguments) named = ([], []);
    private ConnectionMultiplexer? connection;
    private long clientId;

    /// <summary>The reply to one XREADGROUP; null where nothing came in time.</summary>
    /// <exception cref="RedisServerException">A stream or its group is not there, or is of the wrong kind.</exception>
    public async Task<RespResult> ReadAsync(
        string group, string consumer, int count, bool wait, IReadOnlyList<string> streams, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(named.Streams, streams))
            named = (streams, [Value("STREAMS"), .. streams.Select(stream => (RedisKeyOrValue)(RedisKey)Encoding.UTF8.GetBytes(keys.Stream(stream)!)), .. streams.Select(_ => Value(">"))]);
        RedisKeyOrValue[] blocking = wait ? [Value("BLOCK"), Value((int)Block.TotalMilliseconds)] : [];
        RedisKeyOrValue[] arguments = [Value("GROUP"), Value(group), Value(consumer), Value("COUNT"), Value(count), .. blocking, .. named.Arguments];

        try
        {
            if (connection is null)
            {
                connection = await settings.ConnectReaderAsync(name);
                connection.ConnectionRestored += (_, _) => clientId = 0; // A new socket is a new client.
            }

            if (clientId == 0)
                clientId = (long)await connection.GetDatabase().ExecuteAsync("CLIENT", "ID").WaitAsync(cancellationToken);
            return await connection.GetDatabase().ExecuteRespAsync("XREADGROUP", arguments).WaitAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            await DisposeAsync(); // It may be half-open, and the driver needs 16 s to find that out.
            throw;
        }
    }

    private static RedisKeyOrValue Value(RedisValue value) => value;

    /// <summary>Makes a read that is in progress return at once, with nothing.</summary>
    public Task UnblockAsync() => shared.ExecuteAsync("CLIENT", "UNBLOCK", clientId);

    public async ValueTask DisposeAsync()
    {
        clientId = 0;
        if (Interlocked.Exchange(ref connection, null) is { } old)
            await old.CloseAsync(allowCommandsToComplete: false);
    }
}
