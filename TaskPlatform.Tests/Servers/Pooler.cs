using Npgsql;

namespace TaskPlatform.Tests.Servers;

/// <summary>A temporary pgbouncer in transaction mode in front of a Postgres.</summary>
public sealed class Pooler(PostgresServer postgres) : LocalServer
{
    /// <summary>Debian's path, which isn't on the PATH of all users.</summary>
    private const string Program = "/usr/sbin/pgbouncer";

    public override string ConnectionString => To(postgres.ConnectionString);

    private protected override Signal StopSignal => Signal.Interrupt;

    private string Settings => Path.Combine(Folder, "pgbouncer.ini");

    /// <summary>The same database through the pooler, without prepared statements and resets, which need a session.</summary>
    public string To(string connectionString)
        => new NpgsqlConnectionStringBuilder(connectionString) { Port = Port, MaxAutoPrepare = 0, NoResetOnClose = true }.ConnectionString;

    private protected override ServerCommand Command()
        => new(File.Exists(Program) ? Program : "pgbouncer", ["-q", Settings], Environment.IsPrivilegedProcess ? "postgres" : null);

    protected override async Task CreateDataAsync()
    {
        Directory.CreateDirectory(Folder);
        var users = Path.Combine(Folder, "users");
        await File.WriteAllTextAsync(users, $"\"postgres\" \"{postgres.Password}\"\n");
        await File.WriteAllTextAsync(Settings,
            $"""
             [databases]
             * = host=127.0.0.1 port={postgres.Port}
             [pgbouncer]
             listen_addr = 127.0.0.1
             listen_port = {Port}
             unix_socket_dir =
             auth_type = scram-sha-256
             auth_file = {users}
             pool_mode = transaction
             default_pool_size = 10
             ignore_startup_parameters = extra_float_digits
             """);
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
}
