using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>Whatever a client sends, it is told what is wrong with it; never is it the service that fails.</summary>
[Collection(ServicesTests.Name)]
public sealed class FuzzTests(RunningServices services)
{
    private const int Requests = 250;

    private static readonly string[] HeaderNames = ["If-Match", "Idempotency-Key", "Last-Event-ID", "Accept", "Content-Encoding"];

    private static readonly (string Name, string Value) Title = ("title", "\"Fix bug\"");
    private static readonly (string Name, string Value) Workers = ("worker_ids", "[1,2]");
    private static readonly (string Name, string Value) Email = ("email", "\"ann@example.org\"");
    private static readonly (string Name, string Value) Password = ("password", "\"a-long-password\"");
    private static readonly (string Name, string Value) FullName = ("full_name", "\"Ann\"");

    /// <summary>Every route that takes anything; <c>{id}</c> is one that exists, or junk.</summary>
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

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_request_of_any_kind_is_answered_and_an_error_is_explained(string service, string method, string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 });
        using var admin = await services.AdminAsync();
        using var user = await services.RegisterAsync();
        var existing = service == "auth" ? user.UserId : await user.CreateTaskAsync("Fix bug");
        var address = services.AddressOf(service);
        var junk = from id in Gen.Frequency((2, Gen.Constant($"{existing}")), (1, Junk.Id))
                   from query in Junk.Query
                   from body in Junk.Body(MembersOf(path))
                   from count in Gen.Choose(0, 3)
                   from headers in Gen.ListOf(Gen.Elements(HeaderNames).SelectMany(name => Junk.Header.Select(value => (Name: name, Value: value))), count)
                   select new Attempt(path.Replace("{id}", id, StringComparison.Ordinal) + (query.Length > 0 ? $"?{query}" : ""), body, headers);

        // On a thread of its own, since a check waits where it could go on. FsCheck names the seed of what fails.
        await Task.Factory.StartNew(
            () => Prop.ForAll(junk.ToArbitrary(), AnswerAsync).Check(Config.QuickThrowOnFailure.WithMaxTest(Requests).WithQuietOnSuccess(true)),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        async Task AnswerAsync(Attempt attempt)
        {
            using var request = attempt.ToRequest(new HttpMethod(method), address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", admin.Token);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

            Assert.InRange((int)response.StatusCode, 200, 499);
            if ((int)response.StatusCode < 400)
                return;

            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal((int)response.StatusCode, JsonElement.Parse(text).GetProperty("status").GetInt32());
        }
    }

    private static (string Name, string Value)[] MembersOf(string path) => path switch
    {
        "/api/auth/register" => [Email, Password, FullName],
        "/api/auth/login" => [Email, Password],
        "/api/users/{id}" => [Email, FullName, ("role", "\"user\""), Password],
        "/api/tasks/{id}/assign" => [Workers],
        _ when path.StartsWith("/admin/streams", StringComparison.Ordinal) => [("from", "\"2026-01-01T00:00:00Z\""), ("to", "null"), ("group", "\"nobody\""), ("effects", "\"once\""), ("rate", "1")],
        _ when path.StartsWith("/admin", StringComparison.Ordinal) => [("type", "\"task.created\""), ("group", "\"nobody\""), ("reason", "\"exhausted\"")],
        _ => [Title, ("description", "\"Soon\""), Workers, ("due_at", "\"2026-01-01T00:00:00Z\""), ("status", "\"open\"")],
    };

    private sealed record Attempt(string Path, byte[] Body, List<(string Name, string Value)> Headers)
    {
        public HttpRequestMessage ToRequest(HttpMethod method, Uri address)
        {
            var request = new HttpRequestMessage(method, new Uri(address.GetLeftPart(UriPartial.Authority) + Path));
            foreach (var (name, value) in Headers)
                request.Headers.TryAddWithoutValidation(name, value);
            if (method != HttpMethod.Get && method != HttpMethod.Delete)
            {
                request.Content = new ByteArrayContent(Body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }

            return request;
        }

        public override string ToString()
            => $"{Path}\n{string.Join('\n', Headers.Select(header => $"{header.Name}: {header.Value}"))}\n\n{Encoding.UTF8.GetString(Body)}";
    }
}
