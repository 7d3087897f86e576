using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>Sessions are returned to the pool without a reset, so none may be returned with a lock.</summary>
public sealed class MigrationLockTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_failed_migration_releases_its_lock()
    {
        var address = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await using var connection = new NpgsqlConnection($"{address};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using (var inTheWay = new NpgsqlCommand("CREATE TABLE users (id int); CREATE TABLE event_log (id int)", connection))
            await inTheWay.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["ConnectionStrings:auth-db"] = address;
        builder.AddDatabase<AuthDb>("auth-db");
        builder.Services.AddSingleton(TimeProvider.System);
        await using var application = builder.Build();
        await using var scope = application.Services.CreateAsyncScope();
        var migrate = scope.ServiceProvider.GetServices<IStartupStep>().OfType<MigrateDatabase<AuthDb>>().Single();

        await Assert.ThrowsAsync<StartupException>(() => migrate.RunAsync(TestContext.Current.CancellationToken));

        // The failed process is still running, but another one gets the lock at once.
        await using var locking = new NpgsqlCommand(
            "SET lock_timeout = '5s'; SELECT pg_advisory_lock(hashtextextended('migrate', 0))", connection);
        await locking.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
