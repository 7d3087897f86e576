using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The dispatcher on a log of any length: the cost of a statement, and the duration of a scan.</summary>
public sealed class LongLogTests(RedisServer redis, PostgresServer postgres) : IAsyncLifetime
{
    private const int Published = 25_000;
    private const int Waiting = 700;

    /// <summary>After this many executions, a connection keeps a statement prepared, with its plan.</summary>
    private const int Executions = 2;
    private static readonly TimeSpan Recently = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(8);

    private BusPlace place = null!;
    private IHost host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        place = await BusPlace.CreateAsync(redis, postgres);
        host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null); // Not started, because the tests act as the dispatcher.
    }

    public ValueTask DisposeAsync()
    {
        host.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Every_statement_reads_a_limited_range_through_an_index()
    {
        await using var connection = await ExplainedAsync();
        await using var view = await BusView.OfAsync(place);
        await view.Redis.StringSetAsync(place.Prefix + "events:note.erased", "no stream");
        await FillAsync(connection, Recently, published: 0, waiting: Published, type: "note.erased");
        await FillAsync(connection, Recently);
        var plans = PlansOf(connection);

        var dispatcher = Dispatcher(connection);
        await dispatcher.Verifier.CheckAsync(Cancellation);
        await AnalyzeAsync(connection);
        while (await dispatcher.Publisher.PublishWaitingAsync(Cancellation))
        {
            // Like the dispatcher.
        }

        var replay = await ReplayAsync(connection, "note.revised");

        Assert.Equal(Published + Waiting, (await view.EntriesAsync("events:note.written")).Count); // Redis had none of the events.
        Assert.Equal((0, true), (replay.Added, replay.Done));
        var nodes = plans.SelectMany(Nodes).ToList();
        Assert.True(plans.Count > 100, $"Only {plans.Count} statements were explained.");
        Assert.DoesNotContain(nodes, node => node.GetProperty("Node Type").GetString() is "Gather" or "Gather Merge" or "Sort" or "Seq Scan");
        Assert.All(RowsOfLog(plans), rows => Assert.InRange(rows, 0, ScanWindow.Size));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Statements_that_were_planned_for_a_short_log_read_a_limited_range_of_a_long_one(int events)
    {
        await using var connection = await ExplainedAsync();
        var (publisher, verifier) = Dispatcher(connection);
        await FillAsync(connection, Recently, published: events, waiting: 0);
        await AnalyzeAsync(connection);
        for (var i = 0; i <= Executions; i++)
        {
            await FillAsync(connection, Recently, published: 0, waiting: 1);
            await publisher.PublishWaitingAsync(Cancellation);
        }

        await verifier.CheckAsync(Cancellation);
        await FillAsync(connection, Recently);
        var plans = PlansOf(connection);
        await publisher.PublishWaitingAsync(Cancellation);
        await verifier.CheckAsync(Cancellation);

        Assert.Contains(plans.SelectMany(Nodes), node => node.GetProperty("Node Type").GetString() == "ModifyTable");
        Assert.All(RowsOfLog(plans), rows => Assert.InRange(rows, 0, ScanWindow.Size));
    }

    [Fact]
    public async Task Events_that_Redis_lost_are_found_behind_expired_ones()
    {
        await using var connection = await ExplainedAsync();
        await FillAsync(connection, LongAgo);
        await FillAsync(connection, Recently);
        await FillAsync(connection, LongAgo);

        Assert.Equal(Published, await Dispatcher(connection).Verifier.CheckAsync(Cancellation));
    }

    [Fact]
    public async Task A_long_history_is_not_searched_to_its_beginning()
    {
        await using var connection = await ExplainedAsync();
        await FillAsync(connection, LongAgo, published: 2 * PublishedRows.OldRows, waiting: 0);
        var plans = PlansOf(connection);

        Assert.Equal(0, await Dispatcher(connection).Verifier.CheckAsync(Cancellation));

        Assert.Equal(PublishedRows.OldRows, RowsOfLog(plans).Sum());
    }

    [Fact]
    public async Task A_scan_ends_even_if_new_events_keep_arriving()
    {
        await using var connection = new NpgsqlConnection(place.Postgres);
        await connection.OpenAsync(Cancellation);
        await using var writing = new NpgsqlConnection(place.Postgres);
        await writing.OpenAsync(Cancellation);
        await FillAsync(writing, Recently);
        var transport = new BusyTransport(host.Services.GetRequiredService<IEventTransport>(), () => FillAsync(writing, Recently, published: 0, waiting: 1));

        var mayHaveMore = await Dispatcher(connection, transport).Publisher.PublishWaitingAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.True(mayHaveMore);
        await using var view = await BusView.OfAsync(place);
        Assert.InRange((await view.EntriesAsync("events:note.written")).Count, Waiting + 1, int.MaxValue);
    }

    private async Task<LogReplayProgress> ReplayAsync(NpgsqlConnection connection, string eventType)
    {
        var replays = host.Services.GetRequiredService<IReplays>();
        var request = new LogReplay("notes", new Replay("replay", eventType, "readers", "0-0", "9999999999999-0", ReapplyEffects: false), Rate: null);
        await replays.RequestAsync(request, Cancellation);
        var replayer = new LogReplayer(connection, replays, "notes", NullLogger.Instance);
        while (await replayer.RunOnceAsync(Cancellation))
        {
            // Like the dispatcher.
        }

        return await replays.RequestAsync(request, Cancellation);
    }

    private (OutboxPublisher Publisher, PublishedEventVerifier Verifier) Dispatcher(NpgsqlConnection connection, IEventTransport? transport = null)
    {
        transport ??= host.Services.GetRequiredService<IEventTransport>();
        var verifier = new PublishedEventVerifier(connection, transport.Capabilities.Probe!, host.Services.GetRequiredService<EventCatalog>().Types, host.Services.GetRequiredService<EventBusOptions>(), NullLogger.Instance);
        return (new OutboxPublisher(connection, new EventSender(transport, Topologies.Default), Topology.PerEventType, new UnmarkedEvents(), verifier, host.Services.GetRequiredService<BusHealth>(), NullLogger.Instance), verifier);
    }

    /// <summary>Opens a dispatcher's connection that logs the plan of each statement, with settings that favor parallel plans.</summary>
    private async Task<NpgsqlConnection> ExplainedAsync()
    {
        string[] settings =
        [
            "session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on",
            "auto_explain.log_format=json", "auto_explain.log_level=notice",
            "parallel_setup_cost=0", "parallel_tuple_cost=0", "min_parallel_table_scan_size=0", "min_parallel_index_scan_size=0",
        ];
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(place.Postgres)
        {
            Options = string.Join(' ', settings.Select(setting => $"-c {setting}")),
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = Executions,
        }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        Assert.True(await LeaderLock.TryAcquireAsync(connection, Cancellation));
        return connection;
    }

    private static async Task FillAsync(NpgsqlConnection connection, TimeSpan age, int published = Published, int waiting = Waiting, string type = "note.written")
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO event_log (event_id, type, aggregate_type, aggregate_id, schema, envelope, created_at, correlation_id, entry_id, published_at)
            SELECT gen_random_uuid(), $4, 'note', i::text, 1, '{}', now() - $1, 'filling',
                CASE WHEN i <= $2 THEN '1-' || i END, CASE WHEN i <= $2 THEN now() - $1 END
            FROM generate_series(1, $2 + $3) AS i
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = published });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = waiting });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = type });
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task AnalyzeAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("ANALYZE event_log", connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Collects the plans of all further statements.</summary>
    private static List<JsonElement> PlansOf(NpgsqlConnection connection)
    {
        var plans = new List<JsonElement>();
        connection.Notice += (_, notice) =>
        {
            if (notice.Notice.MessageText.Split("plan:\n") is [_, var plan])
                plans.Add(JsonElement.Parse(plan).GetProperty("Plan"));
        };
        return plans;
    }

    /// <summary>The number of log rows that each plan node read.</summary>
    private static IEnumerable<double> RowsOfLog(IEnumerable<JsonElement> plans)
        => plans.SelectMany(Nodes).Where(node => node.TryGetProperty("Relation Name", out _)).Select(RowsOf);

    private static IEnumerable<JsonElement> Nodes(JsonElement plan)
        => plan.TryGetProperty("Plans", out var below) ? below.EnumerateArray().SelectMany(Nodes).Prepend(plan) : [plan];

    private static double RowsOf(JsonElement node)
        => (node.GetProperty("Actual Rows").GetDouble() + (node.TryGetProperty("Rows Removed by Filter", out var removed) ? removed.GetDouble() : 0))
            * node.GetProperty("Actual Loops").GetDouble();
}
