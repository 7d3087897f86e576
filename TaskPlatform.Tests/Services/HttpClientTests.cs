using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.ServiceDefaults;

namespace TaskPlatform.Tests.Services;

/// <summary>The defaults of the services' HTTP clients.</summary>
public sealed class HttpClientTests : IDisposable
{
    // The minimum number of calls before the circuit breaker can open.
    private const int CircuitBreakerMinimum = 100;

    private readonly Server server = new();

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task A_failed_POST_is_not_retried()
    {
        await using var app = Build();
        server.Status = HttpStatusCode.ServiceUnavailable;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(app));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Callers_over_a_rate_limit_do_not_open_the_circuit_for_others()
    {
        await using var app = Build();
        server.Status = HttpStatusCode.TooManyRequests;
        for (var i = 0; i < 2 * CircuitBreakerMinimum; i++)
            Assert.Equal(HttpStatusCode.TooManyRequests, await PostAsync(app));

        server.Status = HttpStatusCode.OK;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(app));
    }

    [Fact]
    public async Task A_service_is_resolved_by_its_name()
    {
        await using var app = Build();

        await PostAsync(app);

        Assert.Equal(new Uri("http://auth.test:8001/api/auth/login"), Assert.Single(server.Requests));
    }

    private static async Task<HttpStatusCode> PostAsync(WebApplication app)
    {
        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        using var answer = await client.PostAsync(new Uri("http://auth/api/auth/login"), content: null, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        builder.Configuration["services:auth:http:0"] = "http://auth.test:8001";
        builder.Services.AddHttpClient("test").ConfigurePrimaryHttpMessageHandler(() => server);
        return builder.Build();
    }

    private sealed class Server : HttpMessageHandler
    {
        public List<Uri> Requests { get; } = [];

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request.RequestUri!);
            return Task.FromResult(new HttpResponseMessage(Status));
        }
    }
}
