using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using TaskPlatform.Tests.Api;

namespace TaskPlatform.Tests.Services;

/// <summary>A client of the services that checks each response against the service's OpenAPI document.</summary>
public sealed class ApiClient(Uri auth, Uri tasks, Uri notifications) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public long UserId { get; private set; }

    public string? Token { get; set; }

    public void Dispose() => http.Dispose();

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers)
        => SendAsync(HttpMethod.Post, path, body, headers);

    public Task<Answer> PutAsync(string path, object body, params (string Name, string Value)[] headers)
        => SendAsync(HttpMethod.Put, path, body, headers);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>Sends a request to the service that serves the path.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">For example <c>/api/tasks</c>.</param>
    /// <param name="body">A string is sent unchanged, any other value as JSON in snake_case.</param>
    /// <param name="headers">Additional headers.</param>
    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = NewRequest(method, path);
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body, options: Json),
        };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var document = await ApiDocument.OfAsync(request.RequestUri!);
        document.Check(method.Method, request.RequestUri!.PathAndQuery, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, answer);
        return new Answer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            response.Headers,
            answer);
    }

    /// <summary>Returns the status and media type without reading the body, which may not end.</summary>
    public async Task<(HttpStatusCode Status, string? MediaType)> HeadersAsync(HttpMethod method, string path, string? body)
    {
        using var request = NewRequest(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Opens a stream and reads its lines as they arrive.</summary>
    public async Task<StreamReader> StreamAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = NewRequest(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        return new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    public async Task RegisterAsync(string email, string password, string name)
    {
        var answer = await PostAsync("/api/auth/register", new { Email = email, Password = password, FullName = name });
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        await LoginAsync(email, password);
    }

    public async Task LoginAsync(string email, string password)
    {
        var answer = await PostAsync("/api/auth/login", new { Email = email, Password = password });
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Token = answer.Json.GetProperty("access_token").GetString();
        UserId = (await GetAsync("/api/users/me")).Json.GetProperty("user_id").GetInt64();
    }

    /// <summary>Creates a task and returns its id.</summary>
    public async Task<long> CreateTaskAsync(string title, params long[] workers)
    {
        var answer = await PostAsync("/api/tasks", new { Title = title, WorkerIds = workers });
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return answer.Json.GetProperty("task_id").GetInt64();
    }

    private static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private HttpRequestMessage NewRequest(HttpMethod method, string path)
    {
        var service = path switch
        {
            _ when path.StartsWith("/api/tasks", StringComparison.Ordinal) => tasks,
            _ when path.StartsWith("/api/notifications", StringComparison.Ordinal) => notifications,
            _ when path.StartsWith("/admin", StringComparison.Ordinal) || path.StartsWith("/console", StringComparison.Ordinal) => notifications,
            _ => auth,
        };
        var request = new HttpRequestMessage(method, new Uri(service, path));
        if (Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return request;
    }
}

/// <summary>A service's response.</summary>
public sealed record Answer(HttpStatusCode Status, string? MediaType, HttpResponseHeaders Headers, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);

    public bool IsSuccess() => (int)Status is >= 200 and < 300;

    /// <summary>The fields that a 400 reports.</summary>
    public IEnumerable<string> Fields => Json.GetProperty("errors").EnumerateObject().Select(error => error.Name);

    /// <summary>Asserts a problem in the form that all services use (RFC 9457).</summary>
    public Answer AssertProblem(HttpStatusCode status)
    {
        Assert.Equal(status, Status);
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal((int)status, Json.GetProperty("status").GetInt32());
        Assert.Equal(
            ("about:blank", ReasonPhrases.GetReasonPhrase((int)status)), (Json.GetProperty("type").GetString(), Json.GetProperty("title").GetString()));
        Assert.Matches("^[0-9a-f]{32}$", Json.GetProperty("trace_id").GetString());
        return this;
    }
}
