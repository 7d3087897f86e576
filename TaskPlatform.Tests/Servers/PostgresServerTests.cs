using Npgsql;

namespace TaskPlatform.Tests.Servers;

public sealed class PostgresServerTests(PostgresServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_test_has_its_own_database()
    {
        var mine = await shared.CreateDatabaseAsync(Cancellation);
        var another = await shared.CreateDatabaseAsync(Cancellation);

        await ExecuteAsync(mine, "CREATE TABLE t (x int)");

        Assert.Null(await ExecuteAsync(another, "SELECT to_regclass('t')::text") as string);
    }

    [Fact]
    public async Task The_shared_server_requires_its_password()
    {
        var stranger = new NpgsqlConnectionStringBuilder(shared.ConnectionString) { Password = "wrong" }.ConnectionString;

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(stranger, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [Fact]
    public async Task A_killed_server_restarts_with_all_committed_data()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var database = await server.CreateDatabaseAsync(Cancellation);
        await ExecuteAsync(database, "CREATE TABLE t AS SELECT 42 AS x");

        await server.KillAsync(Cancellation);
        await server.StartAsync(Cancellation);

        Assert.Equal(42, await ExecuteAsync(database, "SELECT x FROM t"));
    }

    [Fact]
    public async Task A_paused_server_responds_on_open_connections_only_after_it_is_resumed()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand("SELECT 1", connection);

        await server.PauseAsync(Cancellation);
        var answer = command.ExecuteScalarAsync(Cancellation);
        Assert.False(answer.IsCompleted);

        await server.ContinueAsync(Cancellation);
        Assert.Equal(1, await answer);
    }

    [Fact]
    public async Task A_stopped_server_refuses_connections()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var connectionString = server.ConnectionString;

        await server.StopAsync(Cancellation);

        await Assert.ThrowsAsync<NpgsqlException>(() => ExecuteAsync(connectionString, "SELECT 1"));
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync(Cancellation);
#pragma warning disable CA2100 // The statements come from the tests.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
