using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TaskPlatform.Auth;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>There is always an admin, and Auth starts regardless of what users did.</summary>
public sealed class AdminsTests(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private const string Password = "a-long-password";

    private readonly List<ApiClient> clients = [];
    private readonly Dictionary<string, string> settings = [];
    private ServiceFactory<AuthService> auth = null!;
    private NpgsqlDataSource database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var connectionString = $"{await postgres.CreateDatabaseAsync()};Maximum Pool Size=10";
        database = NpgsqlDataSource.Create(connectionString);
        settings["ConnectionStrings:auth-db"] = connectionString;
        settings["ConnectionStrings:redis"] = redis.ConnectionString;
        settings["EventBus:KeyPrefix"] = RedisServer.NewKeyPrefix();
        settings["Admin:Email"] = RunningServices.AdminEmail;
        settings["Admin:Password"] = RunningServices.AdminPassword;
        auth = Start();
    }

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        await auth.DisposeAsync();
        await database.DisposeAsync();
    }

    [Theory]
    [InlineData("PUT", false)]
    [InlineData("DELETE", false)]
    [InlineData("PUT", true)]
    [InlineData("DELETE", true)]
    public async Task If_two_admins_give_up_the_role_concurrently_one_is_refused(string method, bool eachOther)
    {
        var (first, second) = (await SignInAsync(RunningServices.AdminEmail, RunningServices.AdminPassword), await RegisterAsync());
        Assert.Equal(HttpStatusCode.OK, (await first.PutAsync($"/api/users/{second.UserId}", new { Role = "admin" })).Status);
        var deputy = await SignInAsync(await EmailOfAsync(second.UserId), Password);

        await using var held = await HeldLock.TakeAsync(database, "admins");
        var answers = new[]
        {
            RemoveAsync(method, first, eachOther ? deputy.UserId : first.UserId),
            RemoveAsync(method, deputy, eachOther ? first.UserId : deputy.UserId),
        };
        await held.WaitForWaitersAsync(2);
        await held.ReleaseAsync();

        var refused = Assert.Single(await Task.WhenAll(answers), answer => !answer.IsSuccess()).AssertProblem(HttpStatusCode.Conflict);
        Assert.Contains("only admin", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM users WHERE role = 'admin'"));
    }

    [Fact]
    public async Task The_only_admin_can_not_be_demoted_or_deleted_even_by_a_retried_change()
    {
        var admin = await SignInAsync(RunningServices.AdminEmail, RunningServices.AdminPassword);
        var path = $"/api/users/{admin.UserId}";

        (await admin.DeleteAsync(path)).AssertProblem(HttpStatusCode.Conflict);
        (await admin.PutAsync(path, new { Role = "user", FullName = "Nobody" })).AssertProblem(HttpStatusCode.Conflict);
        Assert.Equal("Administrator", (await admin.GetAsync(path)).Json.GetProperty("full_name").GetString());

        var second = await RegisterAsync();
        await admin.PutAsync($"/api/users/{second.UserId}", new { Role = "admin" });
        var removed = await ConflictingWriter.ConflictAsync(database, "users", admin.UserId, times: 1, () => admin.DeleteAsync(path));
        Assert.Equal(HttpStatusCode.NoContent, removed.Status);
    }

    [Fact]
    public async Task A_start_without_an_admin_creates_one_but_never_promotes_an_existing_user()
    {
        var admin = await SignInAsync(RunningServices.AdminEmail, RunningServices.AdminPassword);
        await admin.PutAsync($"/api/users/{admin.UserId}", new { Email = RunningServices.NewEmail() });
        var other = await RegisterAsync(RunningServices.AdminEmail);
        await ScalarAsync("UPDATE users SET role = 'user' RETURNING 1");

        await using (Start())
            Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM users WHERE role = 'admin'"));
        Assert.Equal(HttpStatusCode.OK, (await other.PostAsync("/api/auth/login", new { Email = RunningServices.AdminEmail, Password })).Status);

        settings["Admin:Email"] = "another-admin@taskplatform.local";
        await using (Start())
            Assert.Equal(settings["Admin:Email"], await ScalarAsync("SELECT min(email) FROM users WHERE role = 'admin'"));
    }

    // Several tests sign in, and production hashes are slow by design.
    private ServiceFactory<AuthService> Start() => ServiceFactory<AuthService>.Start(
        settings, service => service.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = 1000));

    private static Task<Answer> RemoveAsync(string method, ApiClient caller, long id)
        => caller.SendAsync(new HttpMethod(method), $"/api/users/{id}", method == "PUT" ? new { Role = "user" } : null);

    private async Task<ApiClient> SignInAsync(string email, string password)
    {
        var client = NewClient();
        await client.LoginAsync(email, password);
        return client;
    }

    private async Task<ApiClient> RegisterAsync(string? email = null)
    {
        var client = NewClient();
        await client.RegisterAsync(email ?? RunningServices.NewEmail(), Password, "Somebody");
        return client;
    }

    private ApiClient NewClient()
    {
        var client = new ApiClient(auth.Address, auth.Address, auth.Address);
        clients.Add(client);
        return client;
    }

    private async Task<string> EmailOfAsync(long id)
        => (string)(await ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT email FROM users WHERE id = {id}")))!;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Token);
    }
}
