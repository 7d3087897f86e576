using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace TaskPlatform.Tests.Services;

[Collection(ServicesTests.Name)]
public sealed class TelemetryTests : IDisposable
{
    private readonly RunningServices services;
    private readonly ActivityTraceId trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentQueue<Activity> ended = [];
    private readonly ActivityListener listener;

    public TelemetryTests(RunningServices services)
    {
        this.services = services;
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                    ended.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    public void Dispose() => listener.Dispose();

    [Fact]
    public async Task A_request_span_is_named_after_its_route()
    {
        using var ann = await services.RegisterAsync();

        using var caller = StartTrace();
        var answer = await ann.GetAsync("/api/tasks/999999999");

        Assert.Equal(trace.ToString(), answer.AssertProblem(HttpStatusCode.NotFound).Json.GetProperty("trace_id").GetString());
        var span = await EndAsync();
        Assert.Equal("GET /api/tasks/{id:long}", span.DisplayName);
        Assert.Equal("/api/tasks/{id:long}", span.GetTagItem("http.route"));
        Assert.Equal("GET", span.GetTagItem("http.request.method"));
        Assert.Equal(404, span.GetTagItem("http.response.status_code"));
        Assert.True(span.Recorded);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/.well-known/revoked-tokens")]
    public async Task A_probe_or_poll_is_not_traced(string path)
    {
        using var client = services.Anonymous();

        using var caller = StartTrace();
        await client.GetAsync(path);

        Assert.False((await EndAsync()).Recorded);
    }

    private Activity StartTrace()
        => new Activity("test").SetParentId(trace, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded).Start();

    private async Task<Activity> EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        Activity? span;
        while (!ended.TryDequeue(out span))
            await Task.Delay(10, limit.Token);
        return span;
    }
}
