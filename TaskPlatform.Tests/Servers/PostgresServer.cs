using Npgsql;

namespace TaskPlatform.Tests.Servers;

/// <summary>A temporary PostgreSQL. The assembly shares one, with a database per test; fault tests start their own.</summary>
public sealed class PostgresServer : LocalServer
{
    private static readonly TimeSpan InitLimit = TimeSpan.FromMinutes(1);

    // PostgreSQL refuses to run as root.
    private static readonly string? User = Environment.IsPrivilegedProcess ? "postgres" : null;

    /// <summary>
    /// Whether commits survive a crash of the machine, as in production. They survive a crash of the server in any case.
    /// </summary>
    public bool IsDurable { get; init; }

    public override string ConnectionString => ConnectionStringTo("postgres");

    // Fast shutdown: rolls back open transactions and disconnects clients.
    private protected override Signal StopSignal => Signal.Interrupt;

    public static async Task<PostgresServer> StartNewAsync()
    {
        var server = new PostgresServer();
        await server.InitializeAsync();
        return server;
    }

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var create = connection.CreateCommand();
#pragma warning disable CA2100 // Identifiers can't be parameters; this one is quoted.
        create.CommandText = $"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(name)} TEMPLATE template0";
#pragma warning restore CA2100
        await create.ExecuteNonQueryAsync(cancellationToken);
        return ConnectionStringTo(name);
    }

    /// <summary>Creates an empty database that no other test uses and returns its connection string.</summary>
    public Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
        => CreateDatabaseAsync($"test_{Guid.CreateVersion7():n}", cancellationToken);

    private protected override ServerCommand Command() => new(PostgresPrograms.Path("postgres"),
    [
        "-D", DataFolder,
        "-h", "127.0.0.1",
        "-p", $"{Port}",
        "-c", "unix_socket_directories=",
        "-c", "max_connections=500",
        "-c", "shared_buffers=64MB",
        "-c", $"fsync={(IsDurable ? "on" : "off")}",
        "-c", $"full_page_writes={(IsDurable ? "on" : "off")}",

        // Autovacuum would visit every test's database once a minute.
        "-c", $"autovacuum={(IsDurable ? "on" : "off")}",
    ], User);

    /// <summary>initdb creates the folders itself, so that they belong to the user that it runs as.</summary>
    protected override async Task CreateDataAsync()
    {
        var passwordFile = Folder + ".password";
        await File.WriteAllTextAsync(passwordFile, Password);
        try
        {
            using var initdb = ServerProcess.Start(new ServerCommand(PostgresPrograms.Path("initdb"),
            [
                "--pgdata", DataFolder,
                "--username", "postgres",
                "--pwfile", passwordFile,
                "--auth", "scram-sha-256",
                "--encoding", "UTF8",
                "--locale", "C",
                "--no-sync",
            ], User));
            await initdb.WaitForExitAsync(InitLimit, CancellationToken.None);
            if (initdb.ExitCode != 0)
                throw new InvalidOperationException($"initdb failed:\n{initdb.LastOutput}");
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    protected override async Task<string?> TryConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection($"{ConnectionString};Pooling=false;Timeout=5");
            await connection.OpenAsync(cancellationToken);
            return null;
        }
        catch (NpgsqlException refusal)
        {
            return refusal.Message;
        }
    }

    // There are many databases with a pool each, so idle connections are closed soon.
    private string ConnectionStringTo(string database)
        => $"Host=127.0.0.1;Port={Port};Username=postgres;Password={Password};Database={database};Connection Idle Lifetime=20;Connection Pruning Interval=5";
}
