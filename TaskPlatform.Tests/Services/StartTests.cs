using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth;
using TaskPlatform.Auth.Data;
using TaskPlatform.Notifications;
using TaskPlatform.Notifications.Worker;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>A service that can't start reports in one sentence what to fix.</summary>
public sealed class StartTests(PostgresServer postgres, RedisServer redis)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(typeof(AuthService), "ConnectionStrings:auth-db", "ConnectionStrings:redis")]
    [InlineData(typeof(TasksService), "ConnectionStrings:tasks-db", "ConnectionStrings:redis", "services:auth:http:0")]
    [InlineData(typeof(NotificationsService), "ConnectionStrings:notifications-db", "services:auth:http:0")]
    [InlineData(typeof(NotificationsWorker), "ConnectionStrings:notifications-db", "ConnectionStrings:redis")]
    public async Task Missing_settings_are_reported(Type service, params string[] keys)
    {
        var message = await FailAsync(service);

        Assert.All(keys, key => Assert.Contains(key, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_does_not_wait_for_a_database_that_refuses_it()
    {
        var database = new Npgsql.NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken)) { Password = "wrong" };

        var message = await FailAsync(typeof(AuthService), ("ConnectionStrings:auth-db", database.ConnectionString));

        Assert.Contains("password authentication failed", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pooler_in_transaction_mode_is_rejected_with_the_remedy()
    {
        await using var pooler = new Pooler(postgres);
        await pooler.InitializeAsync();
        var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);

        var message = await FailAsync(typeof(AuthService), ("ConnectionStrings:auth-db", pooler.To(database)));

        Assert.Contains("points to a pooler", message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings:{name}-direct", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_waits_for_its_database_only_until_the_timeout()
    {
        var message = await FailAsync(
            typeof(AuthService),
            ("ConnectionStrings:auth-db", "Host=127.0.0.1;Port=1;Username=postgres"),
            ("Database:StartTimeout", "00:00:01"));

        Assert.Contains("not ready within 1 second", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_connection_string_is_named_but_not_shown()
    {
        var message = await FailAsync(typeof(AuthService), ("ConnectionStrings:auth-db", "my-secret"));

        Assert.Contains("ConnectionStrings:auth-db", message, StringComparison.Ordinal);
        Assert.DoesNotContain("my-secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_table_of_the_bus_is_reported()
    {
        var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await using (var db = new AuthDb(new DbContextOptionsBuilder<AuthDb>().UseNpgsql(database).Options))
        {
            await db.Database.MigrateAsync(TestContext.Current.CancellationToken);
            await db.Database.ExecuteSqlAsync($"DROP TABLE event_log", TestContext.Current.CancellationToken);
        }

        var message = await FailAsync(
            typeof(AuthService),
            ("ConnectionStrings:auth-db", database),
            ("Admin:Email", "admin@example.org"),
            ("Admin:Password", "quite-long-enough-7"));

        Assert.Contains("The database of AuthDb has no table event_log", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_telemetry_setting_is_reported()
    {
        var message = await FailAsync(
            typeof(AuthService),
            ("ConnectionStrings:auth-db", await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken)),
            ("Telemetry:TracesPerSecond", "-1"));

        Assert.Contains("TracesPerSecond", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Admin:Email", "", "")]
    [InlineData("Admin:Password", "admin@example.org", "too-short")]
    public async Task Missing_credentials_of_the_first_admin_are_reported(string key, string email, string password)
    {
        var message = await FailAsync(
            typeof(AuthService),
            ("ConnectionStrings:auth-db", await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken)),
            ("Admin:Email", email),
            ("Admin:Password", password));

        Assert.Contains(key, message, StringComparison.Ordinal);
    }

    private async Task<string> FailAsync(Type service, params (string Key, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(service.Assembly.Location);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        if (settings.Length > 0)
            start.Environment["ConnectionStrings__redis"] = redis.ConnectionString;
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;

        using var process = Process.Start(start)!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(Limit);
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = await process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);

            Assert.Equal(1, process.ExitCode);
            Assert.DoesNotContain("   at ", error + await output, StringComparison.Ordinal);
            return Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
