using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Dashboard;
using TaskPlatform.EventBus.Dashboard.Console;
using TaskPlatform.EventBus.Dashboard.Console.Charts;
using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Operations;

/// <summary>What the charts keep of the samples of the elected monitor.</summary>
public sealed class ChartWriterTests(PostgresServer postgres) : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider clock = new(Start);
    private readonly FixedSamples samples = new();
    private ServiceProvider services = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        services = new ServiceCollection()
            .AddDbContext<PlainHost.Db>(db => db.UseNpgsql(database))
            .AddScoped(provider => new DashboardDb(provider.GetRequiredService<PlainHost.Db>()))
            .BuildServiceProvider();
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<PlainHost.Db>().Database.EnsureCreatedAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    [Fact]
    public async Task A_slot_keeps_its_first_sample_and_one_without_a_sample_is_a_gap()
    {
        using var writer = Writer();
        using var other = Writer();

        foreach (var (seconds, deadLetters) in new[] { (3, 1), (8, 2), (31, 3), (39, 4) })
        {
            samples.Latest = Sample(seconds, deadLetters);
            await writer.RunOnceAsync(Cancellation);
            await other.RunOnceAsync(Cancellation);
        }

        samples.Latest = null;
        await writer.RunOnceAsync(Cancellation);

        Assert.Equal([(0, 1), (30, 3)], await RowsAsync());
    }

    [Fact]
    public async Task A_row_has_the_totals_of_all_groups()
    {
        using var writer = Writer();
        samples.Latest = Sample(0, deadLetters: 1) with
        {
            ScheduledRetries = 5,
            Streams =
            [
                new StreamSample("events:note.written", 9, [Group(lag: 1, pending: 10), Group(lag: 2, pending: 20)]),
                new StreamSample("events:note.erased", 9, [Group(lag: 4, pending: 40)]),
            ],
        };

        await writer.RunOnceAsync(Cancellation);

        await using var scope = services.CreateAsyncScope();
        var row = Assert.Single(await scope.ServiceProvider.GetRequiredService<DashboardDb>().ChartSamples.AsNoTracking().ToListAsync(Cancellation));
        Assert.Equal((7, 70, 1, 5), (row.Lag, row.Pending, row.DeadLetters, row.Scheduled));
    }

    [Fact]
    public async Task Rows_are_deleted_after_their_retention()
    {
        using var writer = Writer();
        samples.Latest = Sample(0, deadLetters: 1);
        await writer.RunOnceAsync(Cancellation);
        clock.Advance(TimeSpan.FromDays(8));
        samples.Latest = Sample(60, deadLetters: 2) with { At = clock.GetUtcNow() };

        await writer.RunOnceAsync(Cancellation);

        Assert.Equal([(8 * 24 * 60 * 60, 2)], await RowsAsync());
    }

    private static BusSample Sample(int seconds, int deadLetters) => new(Start.AddSeconds(seconds), deadLetters, TimeSpan.Zero, 0, [], [], []);

    private static GroupSample Group(long lag, long pending) => new("readers", lag, false, TimeSpan.Zero, pending, TimeSpan.Zero, 1);

    private ChartWriter Writer() => new(
        samples, services.GetRequiredService<IServiceScopeFactory>(), Options.Create(new ConsoleOptions()), clock,
        new BackgroundLoops(new BusHealth(), clock, NullLogger<BackgroundLoops>.Instance));

    /// <summary>The seconds since the start and the dead letters of each row.</summary>
    private async Task<List<(int Seconds, int DeadLetters)>> RowsAsync()
    {
        await using var scope = services.CreateAsyncScope();
        var rows = await scope.ServiceProvider.GetRequiredService<DashboardDb>().ChartSamples.AsNoTracking().OrderBy(row => row.At).ToListAsync(Cancellation);
        return rows.ConvertAll(row => ((int)(row.At - Start).TotalSeconds, (int)row.DeadLetters));
    }

    private sealed class FixedSamples : IBusSamples
    {
        public BusSample? Latest { get; set; }

        public Task<BusSample?> LatestAsync(CancellationToken cancellationToken) => Task.FromResult(Latest);
    }
}
