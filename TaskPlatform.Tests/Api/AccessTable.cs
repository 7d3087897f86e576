namespace TaskPlatform.Tests.Api;

/// <summary>A row of the access table: the expected status of a route for each kind of caller.</summary>
/// <param name="Service">The service.</param>
/// <param name="Method">GET, POST, …</param>
/// <param name="Path">With the placeholders <c>{task}</c>, <c>{user}</c> (the creator) and <c>{notification}</c> (one of the worker's).</param>
/// <param name="Body">A valid body.</param>
/// <param name="Anonymous">The status without a token or with an invalid one.</param>
/// <param name="Other">The status for a user who has no relation to the task.</param>
/// <param name="Worker">The status for a worker of the task.</param>
/// <param name="Creator">The status for the task's creator.</param>
/// <param name="Admin">The status for an admin.</param>
public sealed record Access(
    string Service, string Method, string Path, string? Body, int Anonymous, int Other, int Worker, int Creator, int Admin)
{
    private const string Task = """{"title":"Fix bug"}""";
    private const string Name = """{"full_name":"Ann"}""";
    private const string Role = """{"role":"admin"}""";
    private const string Nothing = "{}";
    private static readonly string[] OpenToAll = ["/alive", "/health", "/openapi/v1.json"];

    /// <summary>The table. Registering and signing in without a body is 400 for everyone, because these routes need no token.</summary>
    public static IReadOnlyList<Access> Table { get; } =
    [
        //                                                                               nobody other worker creator admin
        new("auth", "GET", "/.well-known/openid-configuration", null,                       200, 200, 200, 200, 200),
        new("auth", "GET", "/.well-known/jwks.json", null,                                  200, 200, 200, 200, 200),
        new("auth", "GET", "/.well-known/revoked-tokens", null,                             200, 200, 200, 200, 200),
        new("auth", "POST", "/api/auth/register", Nothing,                                  400, 400, 400, 400, 400),
        new("auth", "POST", "/api/auth/login", Nothing,                                     400, 400, 400, 400, 400),
        new("auth", "POST", "/api/auth/logout", null,                                       401, 204, 204, 204, 204),
        new("auth", "GET", "/api/users/me", null,                                           401, 200, 200, 200, 200),
        new("auth", "GET", "/api/users", null,                                              401, 403, 403, 403, 200),
        new("auth", "GET", "/api/users/{user}", null,                                       401, 403, 403, 200, 200),
        new("auth", "GET", "/api/users/0", null,                                            401, 403, 403, 403, 404),
        new("auth", "PUT", "/api/users/{user}", Name,                                       401, 403, 403, 200, 200),
        new("auth", "PUT", "/api/users/{user}", Role,                                       401, 403, 403, 403, 200),
        new("auth", "DELETE", "/api/users/{user}", null,                                    401, 403, 403, 204, 204),

        new("tasks", "POST", "/api/tasks", Task,                                            401, 201, 201, 201, 201),
        new("tasks", "GET", "/api/tasks", null,                                             401, 200, 200, 200, 200),
        new("tasks", "GET", "/api/tasks/{task}", null,                                      401, 200, 200, 200, 200),
        new("tasks", "GET", "/api/tasks/0", null,                                           401, 404, 404, 404, 404),
        new("tasks", "PUT", "/api/tasks/{task}", Task,                                      401, 403, 403, 200, 200),
        new("tasks", "DELETE", "/api/tasks/{task}", null,                                   401, 403, 403, 204, 204),
        new("tasks", "POST", "/api/tasks/{task}/assign", """{"worker_ids":[1]}""",          401, 403, 403, 200, 200),
        new("tasks", "POST", "/api/tasks/{task}/complete", null,                            401, 403, 200, 200, 200),
        new("tasks", "GET", "/api/tasks/{task}/history", null,                              401, 200, 200, 200, 200),

        new("notifications", "GET", "/api/notifications", null,                             401, 200, 200, 200, 200),
        new("notifications", "GET", "/api/notifications/unread-count", null,                401, 200, 200, 200, 200),
        new("notifications", "POST", "/api/notifications/{notification}/read", null,        401, 404, 200, 404, 404),
        new("notifications", "POST", "/api/notifications/read-all", null,                   401, 200, 200, 200, 200),
        new("notifications", "GET", "/api/notifications/stream", null,                      401, 200, 200, 200, 200),
        .. Public("auth"), .. Public("tasks"), .. Public("notifications"),
    ];

    public override string ToString() => $"{Service} {Method} {Path} {Body}";

    private static IEnumerable<Access> Public(string service) => OpenToAll
        .Select(path => new Access(service, "GET", path, null, 200, 200, 200, 200, 200));
}
