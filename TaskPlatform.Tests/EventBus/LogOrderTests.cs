using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Events are added to their stream in the order of the log, whatever happens while they are published.</summary>
public sealed class LogOrderTests(RedisServer redis, PostgresServer postgres) : IAsyncLifetime
{
    private const string Written = "note.written";
    private const string Erased = "note.erased";

    private BusPlace place = null!;
    private IHost host = null!;
    private BusView view = null!;
    private NpgsqlConnection leader = null!;
    private NpgsqlConnection writer = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEventTransport Transport => host.Services.GetRequiredService<IEventTransport>();

    public async ValueTask InitializeAsync()
    {
        place = await BusPlace.CreateAsync(redis, postgres);
        host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null); // Not started, because the tests act as the dispatcher.
        view = await BusView.OfAsync(place);
        leader = new NpgsqlConnection(place.Postgres);
        await leader.OpenAsync(Cancellation);
        writer = new NpgsqlConnection(place.Postgres);
        await writer.OpenAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await leader.DisposeAsync();
        await writer.DisposeAsync();
        await view.DisposeAsync();
        host.Dispose();
    }

    [Fact]
    public async Task A_late_commit_is_not_overtaken_by_later_writes()
    {
        await using var late = await writer.BeginTransactionAsync(Cancellation);
        await WriteAsync(writer, Written, first: 1, count: 1);
        await using var other = new NpgsqlConnection(place.Postgres);
        await other.OpenAsync(Cancellation);
        await WriteAsync(other, Written, first: 1001, count: 1200);

        // While the first page is being sent, the late transaction commits, followed by another one.
        var pages = 0;
        var transport = new BusyTransport(Transport, async () =>
        {
            if (++pages > 1)
                return;
            await late.CommitAsync(Cancellation);
            await WriteAsync(writer, Written, first: 2, count: 1);
        });
        await PublishAsync(CreatePublisher(transport));

        Assert.Equal([.. Enumerable.Range(1001, 1200), 1, 2], await StreamAsync(Written));
    }

    [Fact]
    public async Task Events_of_other_types_are_published_past_any_number_of_refused_ones()
    {
        await view.Redis.StringSetAsync(place.Prefix + "events:" + Written, "no stream");
        await WriteAsync(writer, Written, first: 1, count: (2 * ScanWindow.Size) + 700);
        await WriteAsync(writer, Erased, first: 1, count: 5);
        var publisher = CreatePublisher(Transport, maxDuration: TimeSpan.Zero);

        // With no time left, a scan stops after each step and continues there the next time.
        var passes = 0;
        while (await publisher.PublishWaitingAsync(Cancellation) && passes++ < 100 && (await StreamAsync(Erased)).Count == 0)
        {
            // Like the dispatcher.
        }

        Assert.Equal(Enumerable.Range(1, 5), await StreamAsync(Erased));
    }

    [Fact]
    public async Task A_refused_type_that_recovers_during_a_scan_waits_for_the_next_scan()
    {
        await view.Redis.StringSetAsync(place.Prefix + "events:" + Written, "no stream");
        await WriteAsync(writer, Written, first: 1, count: 1200);
        var publisher = CreatePublisher(Transport, maxDuration: TimeSpan.Zero);

        Assert.True(await publisher.PublishWaitingAsync(Cancellation));
        await view.Redis.KeyDeleteAsync(place.Prefix + "events:" + Written);
        await PublishAsync(publisher);

        Assert.Equal(Enumerable.Range(1, 1200), await StreamAsync(Written));
    }

    [Fact]
    public async Task A_refused_type_that_recovers_during_a_page_keeps_its_order()
    {
        RedisKey stream = place.Prefix + "events:" + Written;
        await view.Redis.StringSetAsync(stream, "no stream");

        // The last events are in a separate batch, which is sent after the first ones were refused.
        var results = await Transport.PublishAsync(new HookedPage(500, index => index == 499 ? view.Redis.KeyDeleteAsync(stream) : Task.CompletedTask), Cancellation);

        Assert.All(results, result => Assert.True(result is { EntryId: null, Refused: true }));
        Assert.False(await view.Redis.KeyExistsAsync(stream));
    }

    [Fact]
    public async Task If_Redis_dies_during_a_page_its_streams_have_no_gap()
    {
        await using var own = await RedisServer.StartNewAsync();
        using var client = BusProcess.Build(place with { Redis = own.ConnectionString }, new TestOutputLogger(), _ => { }, configure: null);
        var connection = client.Services.GetRequiredService<IConnectionMultiplexer>();
        var back = new TaskCompletionSource();
        connection.ConnectionRestored += (_, _) => back.TrySetResult();

        // Events that are sent meanwhile are lost; later ones arrive.
        var page = new HookedPage(500, async index =>
        {
            if (index == 100)
                await own.PauseAsync(Cancellation);
            if (index == 250)
            {
                await own.KillAsync(Cancellation);
                await own.StartAsync(Cancellation);
                await back.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            }
        });
        var results = await client.Services.GetRequiredService<IEventTransport>().PublishAsync(page, Cancellation);

        var published = results.TakeWhile(result => result.EntryId is not null).Count();
        Assert.All(results.Skip(published), result => Assert.Null(result.EntryId));
    }

    private OutboxPublisher CreatePublisher(IEventTransport transport, TimeSpan? maxDuration = null)
    {
        var verifier = new PublishedEventVerifier(leader, transport.Capabilities.Probe!, host.Services.GetRequiredService<EventCatalog>().Types, host.Services.GetRequiredService<EventBusOptions>(), NullLogger.Instance);
        var health = host.Services.GetRequiredService<BusHealth>();
        return new OutboxPublisher(leader, new EventSender(transport, Topologies.Default), Topology.PerEventType, new UnmarkedEvents(), verifier, health, NullLogger.Instance) { MaxDuration = maxDuration ?? TimeSpan.FromSeconds(1) };
    }

    private static async Task PublishAsync(OutboxPublisher publisher)
    {
        while (await publisher.PublishWaitingAsync(Cancellation))
        {
            // Like the dispatcher.
        }
    }

    /// <summary>The numbers of the events in a stream.</summary>
    private async Task<List<int>> StreamAsync(string eventType)
        => [.. (await view.EntriesAsync("events:" + eventType)).Select(entry => int.Parse(entry["correlation_id"], System.Globalization.CultureInfo.InvariantCulture))];

    private static async Task WriteAsync(NpgsqlConnection connection, string eventType, int first, int count)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO event_log (event_id, type, aggregate_type, aggregate_id, schema, envelope, created_at, correlation_id)
            SELECT gen_random_uuid(), $1, 'note', '1', 1, '{}', now(), i::text FROM generate_series($2, $2 + $3 - 1) AS i
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = eventType });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = first });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
