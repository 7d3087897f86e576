using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TaskPlatform.Tests.Operations;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>Whatever a client sends, the response explains the error, and the service never fails with a 500.</summary>
[Collection(ServicesTests.Name)]
public sealed class FuzzTests(RunningServices services)
{
    private const int Requests = 250;

    private static readonly string[] HeaderNames =
    [
        "If-Match", "Idempotency-Key", "Last-Event-ID", "Accept", "Content-Encoding", "If-None-Match", "If-Modified-Since", "Range", "Origin", "Sec-Fetch-Site",
        "Traceparent", "Baggage", "Accept-Language", "Accept-Encoding", "X-Forwarded-For", "X-HTTP-Method-Override",
    ];

    private static readonly (string Name, string Value) Title = ("title", "\"Fix bug\"");
    private static readonly (string Name, string Value) Workers = ("worker_ids", "[1,2]");
    private static readonly (string Name, string Value) Email = ("email", "\"ann@example.org\"");
    private static readonly (string Name, string Value) Password = ("password", "\"a-long-password\"");
    private static readonly (string Name, string Value) FullName = ("full_name", "\"Ann\"");

    /// <summary>Every route that takes input; <c>{id}</c> is an existing id or junk.</summary>
    public static TheoryData<string, string, string> Routes => new()
    {
        { "auth", "POST", "/api/auth/register" },
        { "auth", "POST", "/api/auth/login" },
        { "auth", "GET", "/api/users" },
        { "auth", "GET", "/api/users/{id}" },
        { "auth", "PUT", "/api/users/{id}" },
        { "tasks", "POST", "/api/tasks" },
        { "tasks", "GET", "/api/tasks" },
        { "tasks", "GET", "/api/tasks/{id}" },
        { "tasks", "PUT", "/api/tasks/{id}" },
        { "tasks", "DELETE", "/api/tasks/{id}" },
        { "tasks", "POST", "/api/tasks/{id}/assign" },
        { "tasks", "POST", "/api/tasks/{id}/complete" },
        { "tasks", "GET", "/api/tasks/{id}/history" },
        { "notifications", "GET", "/api/notifications" },
        { "notifications", "POST", "/api/notifications/{id}/read" },
        { "notifications", "GET", "/api/notifications/stream" },
        { "notifications", "GET", "/admin/dlq" },
        { "notifications", "GET", "/admin/dlq/{id}" },
        { "notifications", "POST", "/admin/dlq/reprocess" },
        { "notifications", "POST", "/admin/dlq/reprocess/{id}" },
        { "notifications", "GET", "/admin/streams/{id}" },
        { "notifications", "POST", "/admin/streams/task.created/replay" },
    };

    /// <summary>The console's pages and forms.</summary>
    public static TheoryData<string, string> Pages => new()
    {
        { "GET", "/console" },
        { "GET", "/console/sign-in" },
        { "GET", "/console/dead-letters" },
        { "GET", "/console/dead-letters/{id}" },
        { "GET", "/console/dead-letters/purge" },
        { "GET", "/console/streams/{id}" },
        { "GET", "/console/live" },
        { "POST", "/console/sign-in" },
        { "POST", "/console/dead-letters/{id}/delete" },
        { "POST", "/console/dead-letters/reprocess" },
        { "POST", "/console/streams/task.created/replay" },
    };

    /// <summary>Raw requests that no client library would send.</summary>
    public static TheoryData<string> Bytes =>
    [
        "\r\n\r\n", "x", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET /alive HTTP/1.1\nHost: x\n\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0003\u0001",
        Get("/%00"), Get("/\0"), Get("/%zz"), Get("/\u00ff"), Get("//evil.example"), Get("/../../etc/passwd"), Get("/%2e%2e/%2e%2e"), Get("/a\\b"), Get("*"), Get("http://[::1"),
        Get("http://elsewhere/api/tasks"), Get("/api/tasks?x=\0"), Get("/api/tasks?x=\u00ff"), Get($"/{new string('a', 10_000)}"), Get("/alive", "X: \0"), Get("/alive", "X"), Get("/alive", ": x"),
        Get("/alive", "X: y\r\n z"), Get("/alive", $"X: {new string('a', 40_000)}"), Get("/alive", string.Join("\r\n", Enumerable.Range(0, 200).Select(i => $"X{i}: y"))),
        Get("/alive", "Host: y"), Get("/alive", "X: \u00ff\u00fe"), Get("/console", "Cookie: \u00ff=;;=;taskplatform-console"), "GET /alive HTTP/1.1\r\n\r\n", "GET /alive HTTP/1.1\r\nHost: \u00e9 /\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\nConnection: close\r\n\r\n", "G\u00e9T /alive HTTP/1.1\r\nHost: x\r\n\r\n",
        Post("Content-Length: -1", ""), Post("Content-Length: 5, 6", "{}"), Post("Content-Length: 2\r\nTransfer-Encoding: chunked", "{}"), Post("Content-Length: 20", "{}"),
        Post("Transfer-Encoding: chunked", "zz\r\n"), Post("Transfer-Encoding: chunked", "5\r\n{}"), Post("Transfer-Encoding: gzip", "{}"), Post("Content-Length: 2\r\nContent-Type: a/b", "{}"),
    ];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Every_generated_request_is_answered_and_every_error_is_explained(string service, string method, string path)
    {
        using var http = NewClient();
        using var admin = await services.AdminAsync();
        using var user = await services.RegisterAsync();
        var existing = service == "auth" ? user.UserId : await user.CreateTaskAsync("Fix bug");
        await CheckAsync(Attempts(method, path, $"{existing}", Junk.Body(MembersOf(path)), "application/json"), Requests, async attempt =>
        {
            using var request = attempt.ToRequest(services.AddressOf(service));
            request.Headers.TryAddWithoutValidation("Authorization", attempt.Credential ?? $"Bearer {admin.Token}");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

            Assert.InRange((int)response.StatusCode, 200, 499);
            if ((int)response.StatusCode >= 400)
                await AssertExplainedAsync(response);
        });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_generated_page_request_and_form_is_answered(string method, string path)
    {
        using var browser = new ConsoleClient(services.NotificationsAddress);
        using var signedIn = await browser.SignInAsync();
        var formToken = ConsoleClient.FormTokenOf(await browser.PageAsync("/console/sign-in"));
        using var http = NewClient();
        var form = Junk.Form(
            $"__RequestVerificationToken={Uri.EscapeDataString(formToken)}", $"email={RunningServices.AdminEmail}", $"password={RunningServices.AdminPassword}", "group=nobody");
        await CheckAsync(Attempts(method, path, "1-1", form, "application/x-www-form-urlencoded"), Requests / 3, async attempt =>
        {
            using var request = attempt.ToRequest(services.NotificationsAddress);
            request.Headers.TryAddWithoutValidation("Cookie", attempt.Credential ?? browser.CookieHeader);
            if (!request.Headers.Contains("Sec-Fetch-Site"))
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

            Assert.InRange((int)response.StatusCode, 200, 499);
            if ((int)response.StatusCode >= 400 && response.Content.Headers.ContentType?.MediaType != "text/html")
                await AssertExplainedAsync(response);
        });
    }

    [Theory]
    [MemberData(nameof(Bytes))]
    public async Task Raw_bytes_never_cause_a_server_error(string bytes)
    {
        foreach (var service in new[] { "auth", "notifications" })
        {
            var address = services.AddressOf(service);
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
            var connection = client.GetStream();
            await connection.WriteAsync(Encoding.Latin1.GetBytes(bytes), TestContext.Current.CancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
            var answer = await ReadAsync(connection);

            // Closing the connection is a valid response, as are HTTP/2 frames in response to its preface. The server uses 501 and 505 for unsupported
            // features of HTTP.
            if (answer.StartsWith("HTTP/1.", StringComparison.Ordinal))
                Assert.Contains(int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture), Enumerable.Range(200, 300).Append(501).Append(505));
        }
    }

    private static string Get(string target, string header = "X: y") => $"GET {target} HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n";

    private static string Post(string headers, string body)
        => $"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n\r\n{body}";

    private static async Task<string> ReadAsync(Stream connection)
    {
        using var answer = new MemoryStream();
        try
        {
            await connection.CopyToAsync(answer, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server closed the connection before it had read the whole request.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    private static HttpClient NewClient() => new(new SocketsHttpHandler
    {
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        UseCookies = false,
        AllowAutoRedirect = false,
    });

    private static Gen<Attempt> Attempts(string method, string path, string existing, Gen<byte[]> bodies, string contentType)
        => from id in Gen.Frequency((2, Gen.Constant(existing)), (1, Junk.Id))
           from query in Junk.Query
           from body in bodies
           from type in Junk.ContentType(contentType)
           from credential in Junk.Credential
           from count in Gen.Choose(0, 3)
           from headers in Gen.ListOf(Gen.Elements(HeaderNames).SelectMany(name => Junk.Header.Select(value => (Name: name, Value: value))), count)
           select new Attempt(
               method, path.Replace("{id}", id, StringComparison.Ordinal) + (query.Length > 0 ? $"?{query}" : ""), credential, type, body, headers);

    /// <summary>Runs the check on its own thread, because FsCheck blocks while it waits. FsCheck prints the seed of a failure.</summary>
    private static Task CheckAsync(Gen<Attempt> attempts, int count, Func<Attempt, Task> check)
        => Task.Factory.StartNew(
            () => Prop.ForAll(attempts.ToArbitrary(), check).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true)),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    private static async Task AssertExplainedAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)response.StatusCode, JsonElement.Parse(text).GetProperty("status").GetInt32());
    }

    private static (string Name, string Value)[] MembersOf(string path) => path switch
    {
        "/api/auth/register" => [Email, Password, FullName],
        "/api/auth/login" => [Email, Password],
        "/api/users/{id}" => [Email, FullName, ("role", "\"user\""), Password, ("current_password", Password.Value)],
        "/api/tasks/{id}/assign" => [Workers],
        _ when path.StartsWith("/admin/streams", StringComparison.Ordinal) => [("from", "\"2026-01-01T00:00:00Z\""), ("to", "null"), ("group", "\"nobody\""), ("effects", "\"once\""), ("rate", "1")],
        _ when path.StartsWith("/admin", StringComparison.Ordinal) => [("type", "\"task.created\""), ("group", "\"nobody\""), ("reason", "\"exhausted\"")],
        _ => [Title, ("description", "\"Soon\""), Workers, ("due_at", "\"2026-01-01T00:00:00Z\""), ("status", "\"open\"")],
    };

    private sealed record Attempt(string Method, string Path, string? Credential, string ContentType, byte[] Body, List<(string Name, string Value)> Headers)
    {
        public HttpRequestMessage ToRequest(Uri address)
        {
            var request = new HttpRequestMessage(new HttpMethod(Method), new Uri(address.GetLeftPart(UriPartial.Authority) + Path));
            foreach (var (name, value) in Headers)
                request.Headers.TryAddWithoutValidation(name, value);
            if (Method is "POST" or "PUT")
            {
                request.Content = new ByteArrayContent(Body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
            }

            return request;
        }

        public override string ToString()
            => $"{Method} {Path}\n{Credential}\n{ContentType}\n{string.Join('\n', Headers.Select(header => $"{header.Name}: {header.Value}"))}\n\n{Encoding.UTF8.GetString(Body)}";
    }
}
