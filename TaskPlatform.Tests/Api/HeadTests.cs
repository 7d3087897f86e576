using System.Net;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>HEAD is answered like GET, without a body.</summary>
[Collection(ServicesTests.Name)]
public sealed class HeadTests(RunningServices services)
{
    private static readonly string[] Undescribed = ["/alive", "/health", "/openapi/v1.json", "/nothing"];

    [Theory]
    [InlineData("auth")]
    [InlineData("tasks")]
    [InlineData("notifications")]
    public async Task Every_GET_route_answers_HEAD(string service)
    {
        using var admin = await services.AdminAsync();
        var id = await admin.CreateTaskAsync("Fix bug");
        var document = await ApiDocument.OfAsync(services.AddressOf(service));
        var paths = document.Operations.Where(operation => operation.Method == "GET")
            .Select(operation => operation.Path
                .Replace("{id}", service == "tasks" ? $"{id}" : "1", StringComparison.Ordinal)
                .Replace("{msg_id}", "1-1", StringComparison.Ordinal)
                .Replace("{type}", "task.created", StringComparison.Ordinal)
                .Replace("{group}", "notifications_service", StringComparison.Ordinal))
            .Concat(Undescribed);

        foreach (var path in paths)
        {
            using var get = await SendAsync(HttpMethod.Get, path);
            using var head = await SendAsync(HttpMethod.Head, path);

            Assert.True(get.StatusCode == head.StatusCode, $"{path}: GET {get.StatusCode}, HEAD {head.StatusCode}");
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Equal(get.Headers.ETag, head.Headers.ETag);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }

        // Waits only for the headers of a GET, because a stream doesn't end.
        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
        {
            using var http = new HttpClient { BaseAddress = services.AddressOf(service), Timeout = TimeSpan.FromSeconds(30) };
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = new("Bearer", admin.Token);
            return await http.SendAsync(
                request, method == HttpMethod.Get ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task HEAD_requires_a_token_if_GET_does()
    {
        using var http = new HttpClient { BaseAddress = services.AddressOf("tasks") };
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/tasks");

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }
}
