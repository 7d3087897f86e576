using StackExchange.Redis;

namespace TaskPlatform.Tests.Servers;

public sealed class RedisServerTests(RedisServer shared)
{
    [Fact]
    public async Task The_shared_server_requires_its_password()
    {
        await using var client = new RedisClient(shared.ConnectionString);
        Assert.True(await client.Database.StringSetAsync(RedisServer.NewKeyPrefix(), "x"));

        await using var stranger = new RedisClient($"127.0.0.1:{shared.Port}");
        await Assert.ThrowsAnyAsync<RedisException>(() => stranger.Database.PingAsync());
    }

    [Fact]
    public async Task A_killed_server_restarts_on_the_same_port_with_its_data()
    {
        await using var server = await RedisServer.StartNewAsync();
        await WriteAsync(server, "before");

        await server.KillAsync(TestContext.Current.CancellationToken);
        await server.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal("before", await ReadAsync(server));
    }

    [Fact]
    public async Task A_server_without_an_append_only_file_loses_its_data()
    {
        await using var server = await RedisServer.StartNewAsync(new RedisServerOptions { AppendOnly = false });
        await WriteAsync(server, "before");

        await server.StopAsync(TestContext.Current.CancellationToken);
        await server.StartAsync(TestContext.Current.CancellationToken);

        Assert.Null(await ReadAsync(server));
    }

    [Fact]
    public async Task A_copy_restores_an_earlier_state()
    {
        await using var server = await RedisServer.StartNewAsync();
        await WriteAsync(server, "earlier");
        var copy = server.CopyData();
        await WriteAsync(server, "later");

        await server.StopAsync(TestContext.Current.CancellationToken);
        server.RestoreData(copy);
        await server.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal("earlier", await ReadAsync(server));
    }

    [Fact]
    public async Task A_paused_server_responds_only_after_it_is_resumed()
    {
        await using var server = await RedisServer.StartNewAsync();
        await using var client = new RedisClient(server.ConnectionString);

        await server.PauseAsync(TestContext.Current.CancellationToken);
        var answer = client.Database.StringSetAsync("key", "x");
        Assert.False(answer.IsCompleted);

        await server.ContinueAsync(TestContext.Current.CancellationToken);
        Assert.True(await answer);
    }

    [Fact]
    public async Task A_full_server_refuses_writes()
    {
        await using var server = await RedisServer.StartNewAsync(new RedisServerOptions { MaxMemory = "1kb" });

        var refusal = await Assert.ThrowsAsync<RedisServerException>(() => WriteAsync(server, "x"));
        Assert.StartsWith("OOM", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_can_not_start_reports_the_reason()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RedisServer.StartNewAsync(new RedisServerOptions { MaxMemory = "plenty" }));

        Assert.Contains("argument must be a memory value", failure.Message, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(RedisServer server, string value)
    {
        await using var client = new RedisClient(server.ConnectionString);
        await client.Database.StringSetAsync("key", value);
    }

    private static async Task<string?> ReadAsync(RedisServer server)
    {
        await using var client = new RedisClient(server.ConnectionString);
        return await client.Database.StringGetAsync("key");
    }

    private sealed class RedisClient(string connectionString) : IAsyncDisposable
    {
        private readonly ConnectionMultiplexer connection = ConnectionMultiplexer.Connect(
            $"{connectionString},abortConnect=false,syncTimeout=10000");

        public IDatabase Database => connection.GetDatabase();

        public async ValueTask DisposeAsync()
        {
            await connection.CloseAsync();
            connection.Dispose();
        }
    }
}
