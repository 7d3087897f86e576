using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Auth;
using TaskPlatform.Notifications;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Servers;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>
/// Provokes every response that a document describes. (<see cref="ApiClient"/> checks in every test that a response is described and has the
/// described shape.) The responses of the admin API are tested elsewhere.
/// </summary>
[Collection(ServicesTests.Name)]
public sealed class DocumentedResponsesTests(RunningServices services, PostgresServer postgres)
{
    // For conflict responses: the table whose row is changed concurrently, by operationId.
    private static readonly Dictionary<string, string> Conflicts = new()
    {
        ["UpdateTask"] = "tasks",
        ["DeleteTask"] = "tasks",
        ["AssignTask"] = "tasks",
        ["CompleteTask"] = "tasks",
        ["DeleteUser"] = "users",
        ["Logout"] = "users",
    };

    [Theory]
    [InlineData("auth")]
    [InlineData("tasks")]
    [InlineData("notifications")]
    public async Task Every_documented_response_occurs(string service)
    {
        var document = await ApiDocument.OfAsync(services.AddressOf(service));
        await using var stopped = await StoppedAsync(service);
        List<string> missing = [];
        foreach (var operation in document.Operations.Where(operation => !operation.Path.StartsWith("/admin", StringComparison.Ordinal)))
        {
            foreach (var status in operation.Responses.EnumerateObject().Select(response => int.Parse(response.Name, CultureInfo.InvariantCulture)))
            {
                using var scene = await Scene.CreateAsync(services);
                var given = await AskAsync(operation, status, scene, stopped);
                if (given != status)
                    missing.Add($"{operation} promises {status}, and gave {given}");
            }
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    private async Task<int> AskAsync(ApiOperation operation, int status, Scene scene, Stopped stopped)
    {
        var name = operation.Description.GetProperty("operationId").GetString()!;
        var path = Path(operation, scene);
        var user = scene.Creator;
        return (status, name) switch
        {
            (304, _) => await SendAsync(user, headers: ("If-None-Match", "*")),
            (401, "Login") => await SendAsync(user, """{"email":"nobody@example.org","password":"a-wrong-password"}"""),
            (401, _) => await SendAsync(services.Anonymous(), Body(name, scene)),
            (413, _) => await SendAsync(user, new string(' ', 64 * 1024) + "{}"),
            (415, _) => await SendAsync(user, new StringContent("{}", Encoding.UTF8, "text/plain")),
            (503, _) => await SendAsync(stopped.Client(user), Body(name, scene)),
            (429, _) => await RepeatAsync(name),
            (400, "GetTask") => await SendAsync(user, query: "?at=yesterday"),
            (400, "StreamNotifications") => await SendAsync(user, headers: ("Last-Event-ID", "x")),
            (400, _) when operation.HasBody => await SendAsync(user, "{"),
            (400, _) => await SendAsync(name == "ListUsers" ? await services.AdminAsync() : user, query: "?limit=0"),
            (403, "CompleteTask") => await SendAsync(scene.Other, Body(name, scene)),
            (403, _) => await SendAsync(scene.Other, Body(name, scene)),
            (404, _) when name.EndsWith("User", StringComparison.Ordinal) => await SendAsync(await services.AdminAsync(), Body(name, scene), id: 0),
            (404, _) => await SendAsync(user, Body(name, scene), id: 0),
            (409, "Register" or "UpdateUser") => await SendAsync(user, Body(name, scene, email: RunningServices.AdminEmail)),
            (409, _) => await ConflictAsync(Conflicts[name], name, scene),
            (412, _) => await SendAsync(user, Body(name, scene), headers: ("If-Match", "\"77\"")),
            (422, _) => await ReuseKeyAsync(),
            (_, "Login") => await SendAsync(user, $$"""{"email":"{{RunningServices.AdminEmail}}","password":"{{RunningServices.AdminPassword}}"}"""),
            (_, "ListUsers") => await SendAsync(await services.AdminAsync()),
            (_, "MarkRead") => await SendAsync(scene.Worker),
            (_, "StreamNotifications") => (int)(await user.HeadersAsync(HttpMethod.Get, path, body: null)).Status,
            _ => await SendAsync(user, Body(name, scene)),
        };

        async Task<int> SendAsync(ApiClient client, object? body = null, string query = "", long? id = null, params (string, string)[] headers)
        {
            var target = id is { } other ? operation.Path.Replace("{id}", $"{other}", StringComparison.Ordinal) : path;
            return (int)(await client.SendAsync(new HttpMethod(operation.Method), target + query, operation.HasBody ? body : null, headers)).Status;
        }

        async Task<int> ReuseKeyAsync()
        {
            await SendAsync(user, """{"title":"One"}""", headers: ("Idempotency-Key", "key"));
            return await SendAsync(user, """{"title":"Two"}""", headers: ("Idempotency-Key", "key"));
        }

        async Task<int> RepeatAsync(string name)
        {
            var limit = name == "Register" ? "Register" : "Login";
            var settings = new Dictionary<string, string>(services.Settings) { [$"RateLimits:{limit}"] = "1" };
            await using var auth = ServiceFactory<AuthService>.Start(settings);
            using var client = new ApiClient(auth.Address, auth.Address, auth.Address) { Token = user.Token };
            var body = name == "UpdateUser" ? """{"password":"another-long-one","current_password":"not-the-password"}""" : Body(name, scene);
            await SendAsync(client, body);
            return await SendAsync(client, body);
        }

        // Other writers change the row repeatedly, until the service gives up.
        async Task<int> ConflictAsync(string table, string name, Scene scene)
        {
            await using var database = services.OpenDatabase(table == "users" ? "auth-db" : "tasks-db");
            return await ConflictingWriter.ConflictAsync(
                database, table, table == "users" ? user.UserId : scene.TaskId, times: 4, () => SendAsync(user, Body(name, scene)));
        }
    }

    private static string Path(ApiOperation operation, Scene scene) => scene.Fill(operation.Path switch
    {
        _ when operation.Path.StartsWith("/api/users/", StringComparison.Ordinal) => operation.Path.Replace("{id}", "{user}", StringComparison.Ordinal),
        _ when operation.Path.StartsWith("/api/tasks/", StringComparison.Ordinal) => operation.Path.Replace("{id}", "{task}", StringComparison.Ordinal),
        _ => operation.Path.Replace("{id}", "{notification}", StringComparison.Ordinal),
    });

    private static string? Body(string operation, Scene scene, string? email = null) => operation switch
    {
        "Register" => $$"""{"email":"{{email ?? RunningServices.NewEmail()}}","password":"a-long-password","full_name":"Ann"}""",
        "Login" => $$"""{"email":"nobody@example.org","password":"a-wrong-password"}""",
        "UpdateUser" => email is null ? """{"full_name":"Ann Lee"}""" : $$"""{"email":"{{email}}"}""",
        "CreateTask" or "UpdateTask" => """{"title":"Fix it"}""",
        "AssignTask" => $$"""{"worker_ids":[{{scene.Other.UserId}}]}""",
        _ => null,
    };

    /// <summary>Starts the service with a database that can't be reached.</summary>
    private async Task<Stopped> StoppedAsync(string service)
    {
        var proxy = FaultProxy.To(postgres.Port);
        var settings = new Dictionary<string, string>(services.Settings);
        settings[$"ConnectionStrings:{service}-db"] = settings[$"ConnectionStrings:{service}-db"]
            .Replace($"Port={postgres.Port}", $"Port={proxy.Port}", StringComparison.Ordinal);
        (IAsyncDisposable running, Uri address) = service switch
        {
            "auth" => Start<AuthService>(),
            "tasks" => Start<TasksService>(),
            _ => Start<NotificationsService>(),
        };
        await proxy.DisposeAsync();
        return new Stopped(running, address);

        (IAsyncDisposable, Uri) Start<T>()
            where T : class
        {
            var factory = ServiceFactory<T>.Start(settings, inside => inside.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = 1000));
            return (factory, factory.Address);
        }
    }

    private sealed class Stopped(IAsyncDisposable service, Uri address) : IAsyncDisposable
    {
        public ApiClient Client(ApiClient user) => new(address, address, address) { Token = user.Token };

        public ValueTask DisposeAsync() => service.DisposeAsync();
    }
}
