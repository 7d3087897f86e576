using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>What a foreign host traces if it traces Postgres.</summary>
public sealed class UntracedWorkTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task Background_statements_start_no_traces_and_an_event_keeps_its_own()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        var database = new NpgsqlConnectionStringBuilder(place.Postgres).Database;
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "TaskPlatform.EventBus",
            Sample = FollowParent,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(new NoteWritten(1, "any"));
        var handled = Assert.Single(await process.Seen.TakeAsync(1));
        await view.SettledAsync(Group);

        var ours = spans.Where(span => Equals(span.GetTagItem("db.namespace"), database)).ToList();
        var trace = Assert.Single(spans, span => span.DisplayName.StartsWith("process ", StringComparison.Ordinal)
            && Equals(span.GetTagItem("messaging.message.id"), handled.EventId.ToString())).TraceId;
        Assert.Contains(ours, span => span.TraceId == trace);
        Assert.DoesNotContain(ours, span => span.GetTagItem("db.npgsql.data_source")!.ToString()!.Contains("dispatcher", StringComparison.Ordinal));
    }

    /// <summary>OpenTelemetry's default.</summary>
    private static ActivitySamplingResult FollowParent(ref ActivityCreationOptions<ActivityContext> options)
        => options.Parent == default || options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            ? ActivitySamplingResult.AllDataAndRecorded
            : ActivitySamplingResult.None;
}
