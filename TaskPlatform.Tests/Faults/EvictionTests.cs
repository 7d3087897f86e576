using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>A Redis that evicts keys, and the events in them.</summary>
[Trait("suite", "faults")]
public sealed class EvictionTests(RedisServer shared, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Stream = "events:note.written";
    private const string Retries = "events:retry";

    [Fact]
    public async Task An_evicting_policy_is_reported_with_its_remedy_until_it_is_changed()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.HealthAsync(HealthStatus.Healthy);

        await view.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        await process.HealthAsync(HealthStatus.Healthy); // Without a limit no keys are evicted.
        await view.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1gb");
        await process.HealthAsync(HealthStatus.Degraded);
        Assert.Contains(
            "CONFIG SET maxmemory-policy noeviction",
            (await process.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["event-bus"].Description,
            StringComparison.Ordinal);

        await view.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await process.HealthAsync(HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_scheduled_retry_survives_the_loss_of_the_schedule()
    {
        var (place, view, process) = await StartAsync();
        await using var closingView = view;
        await using var closingProcess = process;
        await FailAsync(view, process, 10);

        await view.Redis.KeyDeleteAsync(place.Prefix + Retries);

        await view.AssertExactlyOnceAsync(Group, notes: 10);
        Assert.All(await view.EntriesAsync("event_dlq"), letter => Assert.Equal(("exhausted", "4"), (letter["reason"], letter["attempts"])));
        Assert.All(
            (await view.EntriesAsync(Stream)).GroupBy(entry => entry["event_id"]),
            entries => Assert.Equal([null, "1", "2", "3"], entries.Select(entry => entry.GetValueOrDefault("attempt"))));
        Assert.False(await view.Redis.KeyExistsAsync(place.Prefix + "events:targeted"));
    }

    [Fact]
    public async Task A_scheduled_retry_survives_the_loss_of_its_stream()
    {
        var (place, view, process) = await StartAsync();
        await using var closingView = view;
        await using var closingProcess = process;
        await FailAsync(view, process, 10);

        await view.Redis.KeyDeleteAsync(place.Prefix + Stream);

        await view.DeadLettersAsync(10);
        await view.AssertExactlyOnceAsync(Group, notes: 10);
    }

    [Fact]
    public async Task A_scheduled_retry_survives_the_loss_of_all_keys()
    {
        var (place, view, process) = await StartAsync();
        await using var closingView = view;
        await using var closingProcess = process;
        await FailAsync(view, process, 10);

        var keys = (RedisResult[])(await view.Redis.ExecuteAsync("KEYS", place.Prefix + "*"))!;
        await view.Redis.KeyDeleteAsync([.. keys.Select(key => (RedisKey)(string)key!)]);

        await view.DeadLettersAsync(10);
        await view.AssertExactlyOnceAsync(Group, notes: 10);
    }

    [Fact]
    public async Task A_retry_with_a_delay_longer_than_the_claim_time_is_neither_early_nor_treated_as_a_crash()
    {
        var place = await BusPlace.CreateAsync(shared, postgres);
        await using var view = await BusView.OfAsync(place);
        var delay = TimeSpan.FromSeconds(2);
        await using var process = await BusProcess.StartAsync(place, options => Impatient(options, delay), Group);
        await using var other = await BusProcess.StartAsync(place, options => Impatient(options, delay), Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail));

        var letter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("exhausted", "4"), (letter["reason"], letter["attempts"]));
        var entries = await view.EntriesAsync(Stream);
        Assert.Equal([null, "1", "2", "3"], entries.Select(entry => entry.GetValueOrDefault("attempt")));
        var times = entries.ConvertAll(entry => EntryId.Parse(entry["id"]).Time);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 0.8 * delay));
        Assert.Equal(entries[0]["id"], letter["first_entry_id"]);
        Assert.InRange(DateTimeOffset.Parse(letter["first_failed_at"], System.Globalization.CultureInfo.InvariantCulture), times[0], times[1]);
    }

    private async Task<(BusPlace Place, BusView View, BusProcess Process)> StartAsync()
    {
        var place = await BusPlace.CreateAsync(shared, postgres);
        return (place, await BusView.OfAsync(place), await BusProcess.StartAsync(place, options => Impatient(options, TimeSpan.FromSeconds(2)), Group));
    }

    /// <summary>Waits until the given number of notes has failed and is waiting for the first retry.</summary>
    private static async Task FailAsync(BusView view, BusProcess process, int count)
    {
        await process.WriteAsync([.. Enumerable.Range(1, count).Select(i => new NoteWritten(i, ObeyNote.Fail))]);
        await BusView.Until(() => view.Redis.SortedSetLengthAsync(view.Prefix + Retries), waiting => waiting == count);
    }

    private static void Impatient(EventBusOptions options, TimeSpan retryDelay)
    {
        options.ClaimIdle = TimeSpan.FromMilliseconds(200);
        options.ClaimInterval = TimeSpan.FromMilliseconds(100);
        options.RetryDelays.Clear();
        options.RetryDelays.Add(retryDelay);
    }
}
