using Aspire.Hosting.Testing;
using Npgsql;

namespace TaskPlatform.Tests.Graph;

/// <summary>
/// Makes the notifications about tasks with a certain title fail, like a broken database constraint would, so only their events fail
/// until the cause is fixed.
/// </summary>
internal sealed class Poison : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly string name;
    private bool mended;

    private Poison(NpgsqlConnection connection, string name)
    {
        this.connection = connection;
        this.name = name;
    }

    /// <summary>The title of the tasks whose notifications fail.</summary>
    public string Title => name;

    public static async Task<Poison> CreateAsync(Platform platform)
    {
        var database = await platform.App.GetConnectionStringAsync("notifications-db", TestContext.Current.CancellationToken);
        var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var poison = new Poison(connection, $"poison_{Guid.CreateVersion7():n}");
        await poison.ExecuteAsync(
            $"""
             CREATE FUNCTION {poison.name}() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
               IF NEW.message LIKE '%{poison.name}%' THEN RAISE EXCEPTION 'This task is poison.'; END IF;
               RETURN NEW;
             END $$;
             CREATE TRIGGER {poison.name} BEFORE INSERT ON notifications FOR EACH ROW EXECUTE FUNCTION {poison.name}();
             """);
        return poison;
    }

    /// <summary>Fixes the cause, so that the events can be handled.</summary>
    public async Task FixAsync()
    {
        await ExecuteAsync($"DROP FUNCTION {name} CASCADE");
        mended = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!mended)
            await FixAsync();
        await connection.DisposeAsync();
    }

    private async Task ExecuteAsync(string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
