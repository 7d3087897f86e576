using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Reads a group's streams with a blocking XREADGROUP on its own connection. That connection has one socket for all of its life: if the socket is
/// lost, every command fails until <see cref="ConnectAsync"/> opens another connection. So once Redis has closed it, nothing that a frozen process
/// was about to send is executed.
/// </summary>
internal sealed class BlockingReader(RedisConnection redis, RedisKeys keys, string name) : IAsyncDisposable
{
    /// <summary>How long Redis blocks a read: long enough to make idle reads cheap, and well below <see cref="RedisSettings.Timeout"/>.</summary>
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim connecting = new(1);

    // Cached, because most reads name the same streams.
    private (IReadOnlyList<string> Streams, RedisKeyOrValue[] Arguments) cached = ([], []);
    private ConnectionMultiplexer? connection;
    private long clientId;

    /// <summary>Identifies the connection in Redis; 0 if there is none.</summary>
    public long ClientId => Interlocked.Read(ref clientId);

    /// <summary>Opens the connection, if there is none.</summary>
    /// <returns>Its client id.</returns>
    public async Task<long> ConnectAsync(CancellationToken cancellationToken)
    {
        await connecting.WaitAsync(cancellationToken);
        try
        {
            if (connection is { IsConnected: false })
                await CloseAsync();
            if (connection is null)
            {
                var opened = await redis.Settings.ConnectReaderAsync(name).WaitAsync(cancellationToken);
                Interlocked.Exchange(ref clientId, (long)await opened.GetDatabase().ExecuteAsync("CLIENT", "ID").WaitAsync(cancellationToken));
                connection = opened;
            }

            return ClientId;
        }
        finally
        {
            connecting.Release();
        }
    }

    /// <summary>The reply to one XREADGROUP; null if no entry arrived in time. It is sent before this returns.</summary>
    /// <exception cref="RedisConnectionException">There is no connection, or it was lost.</exception>
    /// <exception cref="RedisServerException">A stream or its group does not exist, or a key has the wrong type.</exception>
    public async Task<RespResult> ReadAsync(string group, string consumer, int count, bool wait, IReadOnlyList<string> streams)
    {
        if (!ReferenceEquals(cached.Streams, streams))
            cached = (streams, [Value("STREAMS"), .. streams.Select(stream => (RedisKeyOrValue)(RedisKey)Encoding.UTF8.GetBytes(keys.Stream(stream)!)), .. streams.Select(_ => Value(">"))]);
        RedisKeyOrValue[] blocking = wait ? [Value("BLOCK"), Value((int)Block.TotalMilliseconds)] : [];
        RedisKeyOrValue[] arguments = [Value("GROUP"), Value(group), Value(consumer), Value("COUNT"), Value(count), .. blocking, .. cached.Arguments];
        var opened = connection ?? throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, $"The {name} is not connected.");
        try
        {
            return await opened.GetDatabase().ExecuteRespAsync("XREADGROUP", arguments);
        }
        catch (Exception e) when (e is TimeoutException or RedisConnectionException)
        {
            await CloseAsync(opened); // It may be half-open, and the driver needs 16 s to detect that.
            throw;
        }
    }

    /// <summary>Makes a read in progress return immediately without entries.</summary>
    public Task UnblockAsync() => ClientId is not 0 and var id ? redis.ServerOf(keys.Groups).ExecuteAsync("CLIENT", "UNBLOCK", id) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        connecting.Dispose();
    }

    private static RedisKeyOrValue Value(RedisValue value) => value;

    private Task CloseAsync() => connection is { } opened ? CloseAsync(opened) : Task.CompletedTask;

    private async Task CloseAsync(ConnectionMultiplexer opened)
    {
        if (Interlocked.CompareExchange(ref connection, null, opened) != opened)
            return;
        Interlocked.Exchange(ref clientId, 0);
        await opened.CloseAsync(allowCommandsToComplete: false);
    }
}
