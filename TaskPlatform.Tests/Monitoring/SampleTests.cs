using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>The monitor's measurements of streams with known content.</summary>
public sealed class SampleTests(RedisServer redis, PostgresServer postgres)
{
    private const string Stream = "events:note.written";

    [Fact]
    public async Task Lag_pending_count_ages_and_consumers_match_the_stream()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.RedisAsync("XGROUP", "CREATE", scene.Key(Stream), "readers", "0", "MKSTREAM");
        foreach (var second in new[] { 90, 80, 70, 60, 50 })
            await scene.AddAsync(Stream, secondsAgo: second);
        await scene.RedisAsync("XREADGROUP", "GROUP", "readers", "one", "COUNT", "2", "STREAMS", scene.Key(Stream), ">");

        var (stream, group) = await scene.SampleAsync("readers");

        Assert.Equal((5, 3, false, 2, 1), (stream.Length, group.Lag, group.LagIsLowerBound, group.Pending, group.Consumers));
        Assert.InRange(group.LagAge.TotalSeconds, 70, 80);
        Assert.InRange(group.OldestIdle.TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task A_scheduled_retry_is_pending_but_idle_only_once_it_is_overdue()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.RedisAsync("XGROUP", "CREATE", scene.Key(Stream), "readers", "0", "MKSTREAM");
        await scene.AddAsync(Stream, secondsAgo: 900);
        await scene.RedisAsync("XREADGROUP", "GROUP", "readers", "one", "COUNT", "1", "STREAMS", scene.Key(Stream), ">");
        await scene.RedisAsync("XCLAIM", scene.Key(Stream), "readers", ReservedConsumers.AwaitingRetry, "0", scene.Id(secondsAgo: 900), "IDLE", "800000", "JUSTID");
        var retry = $"{Stream} {scene.Id(secondsAgo: 900)} readers";

        await scene.RedisAsync("ZADD", scene.Key("events:retry"), $"{scene.Milliseconds(secondsAgo: -60)}", retry);
        var (_, waiting) = await scene.SampleAsync("readers");
        await scene.RedisAsync("ZADD", scene.Key("events:retry"), $"{scene.Milliseconds(secondsAgo: 500)}", retry);
        var (_, overdue) = await scene.SampleAsync("readers");

        Assert.Equal((1, 1, TimeSpan.Zero), (waiting.Pending, waiting.Consumers, waiting.OldestIdle));
        Assert.InRange(overdue.OldestIdle.TotalSeconds, 500, 530);
    }

    [Fact]
    public async Task The_lag_is_counted_if_Redis_reports_none()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.RedisAsync("XGROUP", "CREATE", scene.Key(Stream), "readers", "0", "MKSTREAM");
        foreach (var second in new[] { 90, 80, 70, 60, 50 })
            await scene.AddAsync(Stream, secondsAgo: second);
        await scene.RedisAsync("XREADGROUP", "GROUP", "readers", "one", "COUNT", "1", "STREAMS", scene.Key(Stream), ">");
        await scene.RedisAsync("XDEL", scene.Key(Stream), scene.Id(secondsAgo: 70)); // Deleted between the last read entry and the end, so XINFO reports the lag as nil.

        var (stream, group) = await scene.SampleAsync("readers");

        Assert.Equal((4, 3, false), (stream.Length, group.Lag, group.LagIsLowerBound));
        Assert.InRange(group.LagAge.TotalSeconds, 80, 90);
    }

    [Fact]
    public async Task A_lag_beyond_the_counting_limit_is_reported_as_a_lower_bound()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.RedisAsync("XGROUP", "CREATE", scene.Key(Stream), "readers", "0", "MKSTREAM");
        for (var i = 0; i < 1200; i++)
            await scene.AddAsync(Stream, secondsAgo: 3000 - i);
        await scene.RedisAsync("XDEL", scene.Key(Stream), scene.Id(secondsAgo: 2500));

        var (_, group) = await scene.SampleAsync("readers");

        Assert.Equal((1000, true), (group.Lag, group.LagIsLowerBound));
    }

    [Fact]
    public async Task The_lag_of_a_group_behind_a_trimmed_stream_counts_only_existing_entries()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.RedisAsync("XGROUP", "CREATE", scene.Key(Stream), "readers", "0", "MKSTREAM");
        foreach (var second in new[] { 90, 80, 70, 60, 50 })
            await scene.AddAsync(Stream, secondsAgo: second);
        await scene.RedisAsync("XTRIM", scene.Key(Stream), "MAXLEN", "2");

        var (stream, group) = await scene.SampleAsync("readers");

        Assert.Equal((2, 2), (stream.Length, group.Lag));
        Assert.InRange(group.LagAge.TotalSeconds, 60, 70);
    }

    [Fact]
    public async Task A_missing_stream_and_one_without_groups_are_measured_as_such()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.AddAsync(Stream, secondsAgo: 5);

        var sample = await scene.SampleAsync();

        Assert.Equal([(Stream, 1L, 0), ("events:note.erased", 0L, 0)], sample.Streams.Select(s => (s.Stream, s.Length, s.Groups.Count)));
    }

    [Fact]
    public async Task Dead_letters_scheduled_retries_and_logs_are_counted_with_their_ages()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.AddAsync("event_dlq", secondsAgo: 100);
        await scene.AddAsync("event_dlq", secondsAgo: 40);
        await scene.RedisAsync("ZADD", scene.Key("events:retry"), "1e15", "one", "1e15", "two", "1e15", "three");
        await scene.RedisAsync("HSET", scene.Key("events:outbox"), "tasks", $"7 {scene.Milliseconds(secondsAgo: 20)}");

        var sample = await scene.SampleAsync();

        Assert.Equal((2, 3), (sample.DeadLetters, sample.ScheduledRetries));
        Assert.InRange(sample.OldestDeadLetter.TotalSeconds, 100, 110);
        var outbox = Assert.Single(sample.Outboxes, outbox => outbox.Service == "tasks");
        Assert.Equal(7, outbox.Waiting);
        Assert.InRange(outbox.OldestAge.TotalSeconds, 20, 30);
    }

    [Fact]
    public async Task Every_process_can_read_the_latest_sample()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.RedisAsync("XGROUP", "CREATE", scene.Key(Stream), "readers", "0", "MKSTREAM");
        await scene.AddAsync(Stream, secondsAgo: 50);
        await scene.RedisAsync("HSET", scene.Key("events:lost"), $"{Stream} readers", "4");
        await scene.RedisAsync("HSET", scene.Key("events:outbox"), "tasks", $"7 {scene.Milliseconds(secondsAgo: 20)}");
        await using var other = await BusProcess.StartAsync(scene.Place);

        var sample = await scene.SampleAsync();

        var latest = await other.Services.GetRequiredService<IBusSamples>().LatestAsync(TestContext.Current.CancellationToken);
        Assert.Equivalent(sample, latest, strict: true);
        Assert.InRange(latest!.At, TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Without_a_sampler_or_with_foreign_content_there_is_no_latest_sample()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await using var other = await BusProcess.StartAsync(scene.Place);
        var samples = other.Services.GetRequiredService<IBusSamples>();
        await scene.SampleAsync();

        foreach (var content in new[] { "", "[]", "{}", "ÿ" })
        {
            await scene.RedisAsync("SET", scene.Key("events:sample"), content);
            Assert.Null(await samples.LatestAsync(TestContext.Current.CancellationToken));
        }

        await scene.RedisAsync("DEL", scene.Key("events:sample"));
        Assert.Null(await samples.LatestAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Only_one_process_reports()
    {
        await using var scene = await Scene.SetAsync(redis, postgres);
        await scene.SampleAsync();

        await using var other = await BusProcess.StartAsync(scene.Place);

        Assert.Null(await MonitorOf(other).RunOnceAsync(TestContext.Current.CancellationToken));
    }

    private static BusMonitor MonitorOf(BusProcess process) => process.Services.GetServices<IHostedService>().OfType<BusMonitor>().Single();

    /// <summary>Streams with entries of a given age.</summary>
    private sealed class Scene(BusPlace place, BusView view, BusProcess process, long now) : IAsyncDisposable
    {
        public BusPlace Place => place;

        public static async Task<Scene> SetAsync(RedisServer redis, PostgresServer postgres)
        {
            var place = await BusPlace.CreateAsync(redis, postgres);
            var process = await BusProcess.StartAsync(place);
            var view = await BusView.OfAsync(place);
            return new Scene(place, view, process, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        }

        public string Key(string name) => place.Prefix + name;

        public long Milliseconds(int secondsAgo) => now - (secondsAgo * 1000L);

        public string Id(int secondsAgo) => $"{Milliseconds(secondsAgo)}-0";

        public async Task RedisAsync(string command, params object[] arguments) => await view.Redis.ExecuteAsync(command, arguments);

        public Task AddAsync(string stream, int secondsAgo) => RedisAsync("XADD", Key(stream), Id(secondsAgo), "data", "{}");

        public async Task<BusSample> SampleAsync()
            => await MonitorOf(process).RunOnceAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("Another process is elected.");

        public async Task<(StreamSample Stream, GroupSample Group)> SampleAsync(string group)
        {
            var stream = (await SampleAsync()).Streams.Single(s => s.Stream == Stream);
            return (stream, Assert.Single(stream.Groups, g => g.Group == group));
        }

        public async ValueTask DisposeAsync()
        {
            await view.DisposeAsync();
            await process.DisposeAsync();
        }
    }
}
