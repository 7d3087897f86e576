using System.Text.Json;

namespace TaskPlatform.Tests.Graph;

/// <summary>A span, as returned by the dashboard's telemetry API.</summary>
internal sealed record Span(string TraceId, string SpanId, string ParentId, string Name, string Resource, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Links);

internal static class Telemetry
{
    /// <summary>Returns all spans of a trace, from all processes.</summary>
    public static async Task<List<Span>> TraceAsync(this Platform platform, string traceId)
    {
        using var dashboard = platform.App.CreateDashboardClient();
        using var answer = await dashboard.GetAsync($"/api/telemetry/spans?traceId={traceId}&limit=1000", TestContext.Current.CancellationToken);
        return [.. Read(await answer.ReadAsync(200))];
    }

    public static HttpClient CreateDashboardClient(this Aspire.Hosting.DistributedApplication app)
    {
        var client = Aspire.Hosting.Testing.DistributedApplicationHostingTestingExtensions.CreateHttpClient(app, "aspire-dashboard", "http");
        client.DefaultRequestHeaders.Add("x-api-key", Platform.DashboardKey);
        return client;
    }

    /// <summary>OTLP's JSON: resourceSpans → scopeSpans → spans.</summary>
    private static IEnumerable<Span> Read(JsonElement answer)
    {
        var data = answer.TryGetProperty("data", out var wrapped) ? wrapped : answer;
        foreach (var resourceSpans in data.GetProperty("resourceSpans").EnumerateArray())
        {
            var resource = Attributes(resourceSpans.GetProperty("resource")).GetValueOrDefault("service.name", "");
            foreach (var scope in resourceSpans.GetProperty("scopeSpans").EnumerateArray())
            {
                foreach (var span in scope.GetProperty("spans").EnumerateArray())
                {
                    yield return new Span(
                        span.GetProperty("traceId").GetString()!,
                        span.GetProperty("spanId").GetString()!,
                        span.TryGetProperty("parentSpanId", out var parent) ? parent.GetString()! : "",
                        span.GetProperty("name").GetString()!,
                        resource,
                        Attributes(span),
                        span.TryGetProperty("links", out var links) ? [.. links.EnumerateArray().Select(link => link.GetProperty("spanId").GetString()!)] : []);
                }
            }
        }
    }

    private static Dictionary<string, string> Attributes(JsonElement owner)
    {
        var attributes = new Dictionary<string, string>();
        if (owner.TryGetProperty("attributes", out var list))
        {
            foreach (var attribute in list.EnumerateArray())
                attributes[attribute.GetProperty("key").GetString()!] = attribute.GetProperty("value").EnumerateObject().First().Value.ToString();
        }

        return attributes;
    }
}
