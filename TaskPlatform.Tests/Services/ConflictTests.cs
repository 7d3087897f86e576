using System.Net;
using Npgsql;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Services;

/// <summary>A change that meets a concurrent one, forced: the test holds the row while the service wants it.</summary>
[Collection(ServicesTests.Name)]
public sealed class ConflictTests(RunningServices services)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every change of something that has a version: service, path below the thing, method, body.</summary>
    public static TheoryData<string, string, string, string?> Changes => new()
    {
        { "tasks", "", "PUT", """{"title":"Mine","status":"completed","worker_ids":[5]}""" },
        { "tasks", "", "DELETE", null },
        { "tasks", "/assign", "POST", """{"worker_ids":[5]}""" },
        { "tasks", "/complete", "POST", null },
        { "users", "", "PUT", """{"full_name":"Mine"}""" },
        { "users", "", "DELETE", null },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_that_names_no_version_is_made_to_the_new_state(string things, string path, string method, string? body)
    {
        using var ann = await services.RegisterAsync();
        var id = things == "tasks" ? await ann.CreateTaskAsync("Fix bug") : ann.UserId;
        await using var database = services.OpenDatabase(things == "tasks" ? "tasks-db" : "auth-db");
        await using var other = await OtherChange.BeginAsync(database, things, id);

        var change = ann.SendAsync(new HttpMethod(method), $"/api/{things}/{id}{path}", body);
        await OtherChange.WaitersAsync(database, 1);
        await other.CommitAsync();

        Assert.InRange((int)(await change).Status, 200, 204);
        await using var log = database.CreateCommand($"SELECT min(aggregate_version) FROM event_log WHERE aggregate_id = '{id}' AND aggregate_version > 1");
        Assert.Equal(3L, await log.ExecuteScalarAsync(Token));
    }

    [Theory]
    [InlineData("\"1\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("*", HttpStatusCode.OK)]
    public async Task Only_a_change_that_names_a_version_is_refused(string ifMatch, HttpStatusCode status)
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");
        await using var database = services.OpenDatabase("tasks-db");
        await using var other = await OtherChange.BeginAsync(database, "tasks", id);

        var change = ann.PutAsync($"/api/tasks/{id}", new { Title = "Mine" }, ("If-Match", ifMatch));
        await OtherChange.WaitersAsync(database, 1);
        await other.CommitAsync();

        var answer = await change;
        if (status == HttpStatusCode.OK)
            Assert.Equal(3, answer.Json.GetProperty("version").GetInt32());
        else
            answer.AssertProblem(status);
    }

    [Theory]
    [InlineData(3, HttpStatusCode.OK)]
    [InlineData(4, HttpStatusCode.Conflict)]
    public async Task A_change_is_run_again_three_times(int conflicts, HttpStatusCode status)
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");
        await using var database = services.OpenDatabase("tasks-db");
        var other = await OtherChange.BeginAsync(database, "tasks", id);
        var change = ann.PutAsync($"/api/tasks/{id}", new { Title = "Mine" });
        for (; conflicts > 0; conflicts--)
        {
            await OtherChange.WaitersAsync(database, 1);
            var next = conflicts > 1 ? OtherChange.BeginAsync(database, "tasks", id) : null; // Waits behind the change.
            await OtherChange.WaitersAsync(database, conflicts > 1 ? 2 : 1);
            await other.CommitAsync();
            await other.DisposeAsync();
            if (next is not null)
                other = await next;
        }

        Assert.Equal(status, (await change).Status);
    }

    /// <summary>A change of a row that is not committed yet.</summary>
    private sealed class OtherChange(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public static async Task<OtherChange> BeginAsync(NpgsqlDataSource database, string table, long id)
        {
            var connection = await database.OpenConnectionAsync(Token);
            var transaction = await connection.BeginTransactionAsync(Token);
            await using var update = new NpgsqlCommand($"UPDATE {table} SET version = version + 1 WHERE id = {id}", connection, transaction);
            await update.ExecuteNonQueryAsync(Token);
            return new OtherChange(connection, transaction);
        }

        /// <summary>Waits until so many sessions wait for a row.</summary>
        public static Task<long> WaitersAsync(NpgsqlDataSource database, long count) => BusView.Until(
            async () =>
            {
                await using var query = database.CreateCommand(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event IN ('transactionid', 'tuple')");
                return (long)(await query.ExecuteScalarAsync(Token))!;
            },
            waiters => waiters == count);

        public Task CommitAsync() => transaction.CommitAsync(Token);

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
