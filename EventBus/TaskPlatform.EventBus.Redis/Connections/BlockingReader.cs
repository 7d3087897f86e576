using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Reads a group's streams with a blocking XREADGROUP on its own connection.</summary>
internal sealed class BlockingReader(RedisSettings settings, IDatabase shared, RedisKeys keys, string name) : IAsyncDisposable
{
    /// <summary>How long Redis blocks a read: long enough to make idle reads cheap, and well below <see cref="RedisSettings.Timeout"/>.</summary>
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    // Cached, because most reads name the same streams.
    private (IReadOnlyList<string> Streams, RedisKeyOrValue[] Arguments) cached = ([], []);
    private ConnectionMultiplexer? connection;
    private long clientId;

    /// <summary>The reply to one XREADGROUP; null if no entry arrived in time.</summary>
    /// <exception cref="RedisServerException">A stream or its group does not exist, or a key has the wrong type.</exception>
    public async Task<RespResult> ReadAsync(
        string group, string consumer, int count, bool wait, IReadOnlyList<string> streams, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(cached.Streams, streams))
            cached = (streams, [Value("STREAMS"), .. streams.Select(stream => (RedisKeyOrValue)(RedisKey)Encoding.UTF8.GetBytes(keys.Stream(stream)!)), .. streams.Select(_ => Value(">"))]);
        RedisKeyOrValue[] blocking = wait ? [Value("BLOCK"), Value((int)Block.TotalMilliseconds)] : [];
        RedisKeyOrValue[] arguments = [Value("GROUP"), Value(group), Value(consumer), Value("COUNT"), Value(count), .. blocking, .. cached.Arguments];

        try
        {
            if (connection is null)
            {
                connection = await settings.ConnectReaderAsync(name);
                connection.ConnectionRestored += (_, _) => clientId = 0; // The new socket has a new client id.
            }

            if (clientId == 0)
                clientId = (long)await connection.GetDatabase().ExecuteAsync("CLIENT", "ID").WaitAsync(cancellationToken);
            return await connection.GetDatabase().ExecuteRespAsync("XREADGROUP", arguments).WaitAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            await DisposeAsync(); // It may be half-open, and the driver needs 16 s to detect that.
            throw;
        }
    }

    private static RedisKeyOrValue Value(RedisValue value) => value;

    /// <summary>Makes a read in progress return immediately without entries.</summary>
    public Task UnblockAsync() => shared.ExecuteAsync("CLIENT", "UNBLOCK", clientId);

    public async ValueTask DisposeAsync()
    {
        clientId = 0;
        if (Interlocked.Exchange(ref connection, null) is { } old)
            await old.CloseAsync(allowCommandsToComplete: false);
    }
}
