using System.Net;
using System.Text;
using Npgsql;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>Every error is answered with a ProblemDetails that explains it.</summary>
[Collection(ServicesTests.Name)]
public sealed class ProblemTests(RunningServices services, PostgresServer postgres)
{
    [Fact]
    public async Task Requests_without_a_token_from_Auth_are_refused()
    {
        using var client = services.Anonymous();
        using var ann = await services.RegisterAsync();

        (await client.GetAsync("/api/tasks")).AssertProblem(HttpStatusCode.Unauthorized);
        foreach (var token in new[] { "x", "a.b.c", ann.Token![..^3] + "AAA", Unsigned(ann.Token), WithAnotherKey(ann.Token) })
        {
            client.Token = token;
            (await client.GetAsync("/api/tasks")).AssertProblem(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Unknown_routes_and_methods_are_answered_with_the_right_status()
    {
        using var ann = await services.RegisterAsync();

        (await ann.GetAsync("/api/tasks/0/nothing")).AssertProblem(HttpStatusCode.NotFound);
        (await ann.GetAsync("/api/tasks/one")).AssertProblem(HttpStatusCode.NotFound);
        (await ann.SendAsync(HttpMethod.Patch, "/api/tasks")).AssertProblem(HttpStatusCode.MethodNotAllowed);
        (await ann.PostAsync("/api/tasks", new StringContent("title", Encoding.UTF8, "text/plain"))).AssertProblem(HttpStatusCode.UnsupportedMediaType);
        (await ann.PostAsync("/api/tasks", new { Title = new string('a', 64 * 1024) })).AssertProblem(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("{\"title\":")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_body_that_is_not_a_JSON_object_is_a_bad_request(string body)
    {
        using var ann = await services.RegisterAsync();

        (await ann.PostAsync("/api/tasks", body)).AssertProblem(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("application/json; charset=foo")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=\"\"")]
    [InlineData("application/json; charset=utf-8; charset=foo")]
    public async Task A_body_in_another_charset_is_rejected_with_or_without_a_token(string contentType)
    {
        using var ann = await services.RegisterAsync();
        using var anonymous = services.Anonymous();

        (await ann.PostAsync("/api/tasks", Body(contentType))).AssertProblem(HttpStatusCode.UnsupportedMediaType);
        (await ann.PostAsync("/api/tasks", Body("application/json; charset=\"UTF-8\""))).AssertProblem(HttpStatusCode.BadRequest); // The title is missing.
        (await anonymous.PostAsync("/api/auth/login", Body(contentType))).AssertProblem(HttpStatusCode.UnsupportedMediaType);
        (await anonymous.PostAsync("/api/auth/register", Body(contentType))).AssertProblem(HttpStatusCode.UnsupportedMediaType);

        static ByteArrayContent Body(string contentType)
        {
            var body = new ByteArrayContent("{}"u8.ToArray());
            Assert.True(body.Headers.TryAddWithoutValidation("Content-Type", contentType));
            return body;
        }
    }

    [Theory]
    [InlineData("/api/tasks?limit=many", "limit")]
    [InlineData("/api/tasks?limit=0", "limit")]
    [InlineData("/api/tasks?worker_id=x", "worker_id")]
    [InlineData("/api/tasks?status=lost", "status")]
    [InlineData("/api/tasks?unknown=%00", "unknown")]
    [InlineData("/api/tasks?limit=1&%00=x", "query")]
    [InlineData("/api/tasks/1?at=yesterday", "at")]
    [InlineData("/api/notifications?unread=maybe", "unread")]
    public async Task An_invalid_query_is_rejected_with_the_name_of_the_parameter(string path, string name)
    {
        using var ann = await services.RegisterAsync();

        Assert.Equal([name], (await ann.GetAsync(path)).AssertProblem(HttpStatusCode.BadRequest).Fields);
    }

    [Fact]
    public async Task A_problem_is_returned_even_if_the_client_accepts_another_media_type()
    {
        using var client = services.Anonymous();

        (await client.SendAsync(HttpMethod.Get, "/nothing", null, ("Accept", "text/html"))).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Without_its_database_a_service_answers_503_with_Retry_After()
    {
        var settings = new Dictionary<string, string>(services.Settings);
        var proxy = FaultProxy.To(postgres.Port);
        settings["ConnectionStrings:tasks-db"] = settings["ConnectionStrings:tasks-db"]
            .Replace($"Port={postgres.Port}", $"Port={proxy.Port}", StringComparison.Ordinal);
        await using var tasks = ServiceFactory<TasksService>.Start(settings);
        using var ann = await services.RegisterAsync();
        using var client = new ApiClient(tasks.Address, tasks.Address, tasks.Address) { Token = ann.Token };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/tasks")).Status);

        await proxy.DisposeAsync();

        foreach (var request in new Func<Task<Answer>>[]
        {
            () => client.GetAsync("/api/tasks"),
            () => client.GetAsync("/api/tasks/1"),
            () => client.PostAsync("/api/tasks", new { Title = "Fix bug" }, ("Idempotency-Key", "key")),
        })
        {
            var answer = (await request()).AssertProblem(HttpStatusCode.ServiceUnavailable);
            Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive")).Status);
    }

    [Fact]
    public async Task While_its_database_refuses_a_service_answers_503_and_then_recovers()
    {
        var name = $"test_{Guid.CreateVersion7():n}";
        var database = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync(name, TestContext.Current.CancellationToken));
        await using var superuser = NpgsqlDataSource.Create(postgres.ConnectionString);
        await RunAsync($"CREATE ROLE {name} LOGIN PASSWORD 'right'");
        await RunAsync($"ALTER DATABASE {name} OWNER TO {name}");

        // Without a pool, each request gets the refusal itself, and not the end of a pooled connection first.
        (database.Username, database.Password, database.Pooling) = (name, "right", false);
        await using var tasks = ServiceFactory<TasksService>.Start(
            new Dictionary<string, string>(services.Settings) { ["ConnectionStrings:tasks-db"] = database.ConnectionString });
        using var ann = await services.RegisterAsync();
        using var client = new ApiClient(tasks.Address, tasks.Address, tasks.Address) { Token = ann.Token };

        foreach (var (refuse, accept) in new[]
        {
            ($"ALTER ROLE {name} SET default_transaction_read_only = on", $"ALTER ROLE {name} SET default_transaction_read_only = off"), // 25006
            ($"ALTER ROLE {name} PASSWORD 'another'", $"ALTER ROLE {name} PASSWORD 'right'"), // 28P01
            ($"ALTER ROLE {name} CONNECTION LIMIT 0", $"ALTER ROLE {name} CONNECTION LIMIT -1"), // 53300
            ($"ALTER DATABASE {name} ALLOW_CONNECTIONS false", $"ALTER DATABASE {name} ALLOW_CONNECTIONS true"), // 55000
        })
        {
            await RunAsync(refuse);
            var answer = (await client.PostAsync("/api/tasks", new { Title = "Fix bug" })).AssertProblem(HttpStatusCode.ServiceUnavailable);
            Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);

            await RunAsync(accept);
            await client.CreateTaskAsync("Fix bug");
        }

        await RunAsync($"DROP DATABASE {name} WITH (FORCE)"); // 3D000
        (await client.PostAsync("/api/tasks", new { Title = "Fix bug" })).AssertProblem(HttpStatusCode.ServiceUnavailable);

        async Task RunAsync(string sql)
        {
            await using var command = superuser.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    private static string Unsigned(string token)
        => $"{Base64("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";

    private static string WithAnotherKey(string token)
        => $"{Base64("""{"alg":"ES256","typ":"JWT","kid":"unknown"}""")}.{token.Split('.')[1]}.{token.Split('.')[2]}";

    private static string Base64(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
