using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>What a dispatcher published and could not mark before it died is marked by the next one, and not published again.</summary>
public sealed class PublicationLookupTests(RedisServer redis, PostgresServer postgres) : IAsyncLifetime
{
    private const string Group = "readers";
    private const string Written = "events:note.written";

    /// <summary>More than two pages.</summary>
    private const int Events = 1200;

    private BusPlace place = null!;
    private IHost host = null!; // Not started: most of the tests are its dispatcher.
    private BusView view = null!;
    private NpgsqlConnection connection = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEventTransport Transport => host.Services.GetRequiredService<IEventTransport>();

    public async ValueTask InitializeAsync()
    {
        place = await BusPlace.CreateAsync(redis, postgres);
        host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null);
        view = await BusView.OfAsync(place);
        connection = new NpgsqlConnection(place.Postgres);
        await connection.OpenAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await view.DisposeAsync();
        host.Dispose();
    }

    [Fact]
    public async Task Killed_with_two_pages_unmarked_it_has_published_each_event_once()
    {
        await WriteAsync();
        await using var database = FaultProxy.To(postgres.Port);
        var mark = database.HoldRequest("SET entry_id = ($2)");
        await using (var publisher = BusChild.Start(new BusChildSettings(place.Through(postgres: database))))
        {
            await mark.Reached;
            await BusView.Until(view.DeliveriesAsync, entries => entries == 2 * LogStatements.PageSize);
            await publisher.KillAsync();
        }

        Assert.Equal(Events, await view.WaitingAsync());

        await using var next = BusChild.Start(new BusChildSettings(place) { Groups = [Group] });
        await view.AssertExactlyOnceAsync(Group, notes: Events);
        var entries = await view.EntriesAsync(Written);
        Assert.Equal(await ReadAsync<string[]>("SELECT array_agg(event_id::text ORDER BY id) FROM event_log"), entries.Select(entry => entry["event_id"]));
        Assert.Equal(
            await ReadAsync<string[]>("SELECT array_agg(entry_id ORDER BY id) FROM event_log"), entries.Select(entry => entry["id"]));
    }

    [Fact]
    public async Task Each_event_is_marked_with_its_own_entry_in_whatever_order_they_were_found()
    {
        await WriteAsync();
        var ids = (await ReadAsync<long[]>("SELECT array_agg(id ORDER BY id DESC) FROM event_log")).ToList();

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { LogStatements.Mark(ids, ids.ConvertAll(id => $"{id}-0")) } };
        await batch.ExecuteNonQueryAsync(Cancellation);

        Assert.Equal(0, await ReadAsync<long>("SELECT count(*) FROM event_log WHERE entry_id IS DISTINCT FROM id || '-0'"));
    }

    [Fact]
    public async Task What_only_looks_like_its_publication_is_not_taken_for_it()
    {
        await WriteAsync();
        var ids = await ReadAsync<string[]>("SELECT array_agg(event_id::text ORDER BY id) FROM event_log");
        var data = await ReadAsync<string[]>("SELECT array_agg(envelope ORDER BY id) FROM event_log");
        await view.AddAsync(Written, "data", data[0], "event_id", ids[0]);
        await view.AddAsync(Written, "data", data[1], "event_id", ids[1], "target_group", "");
        await view.AddAsync(Written, "data", data[2], "event_id", "x", "event_id", ids[2]);
        await view.AddAsync(Written, "data", data[3], "event_id", ids[3], "target_group", Group);
        await view.AddAsync(Written, "data", data[0], "event_id", ids[4]);
        await view.AddAsync(Written, "event_id", ids[5]);
        await view.AddAsync(Written, "data", data[6], "event_id", "x");
        for (var i = 0; i < Events; i++)
            await view.Redis.StreamAddAsync(place.Prefix + Written, "data", "from another publisher", flags: CommandFlags.FireAndForget);
        var before = await view.DeliveriesAsync();

        await PublishAsync(Dispatcher());

        Assert.Equal(ids[3..], (await view.EntriesAsync(Written)).Skip(before).Select(entry => entry["event_id"]));
        Assert.Equal(0, await view.WaitingAsync());
    }

    [Fact]
    public async Task A_stream_that_refuses_costs_the_others_nothing_and_is_read_once_it_is_back()
    {
        await WriteAsync();
        await PublishAsync(Dispatcher());
        await ExecuteAsync("UPDATE event_log SET entry_id = NULL, published_at = NULL");
        await view.Redis.KeyRenameAsync(place.Prefix + Written, place.Prefix + "away");
        await view.Redis.StringSetAsync(place.Prefix + Written, "no stream");
        await ExecuteAsync(
            """
            INSERT INTO event_log (event_id, type, aggregate_type, aggregate_id, schema, envelope, created_at, correlation_id)
            VALUES (gen_random_uuid(), 'note.erased', 'note', '1', 1, '{}', now(), '')
            """);

        var publisher = Dispatcher();
        await PublishAsync(publisher);
        Assert.Single(await view.EntriesAsync("events:note.erased"));
        Assert.Equal(Events, await view.WaitingAsync());

        await view.Redis.KeyDeleteAsync(place.Prefix + Written);
        await view.Redis.KeyRenameAsync(place.Prefix + "away", place.Prefix + Written);
        await PublishAsync(publisher);
        Assert.Equal(Events, await view.DeliveriesAsync());
        Assert.Equal(0, await view.WaitingAsync());
    }

    [Fact]
    public async Task Nothing_is_published_before_the_streams_were_read()
    {
        await WriteAsync();
        await PublishAsync(Dispatcher());
        await ExecuteAsync("UPDATE event_log SET entry_id = NULL, published_at = NULL");
        await using var proxy = FaultProxy.To(redis.Port);
        using var client = BusProcess.Build(place.Through(redis: proxy), new TestOutputLogger(), _ => { }, configure: null);
        var publisher = Dispatcher(client.Services.GetRequiredService<IEventTransport>());
        proxy.CutRequest("Reads the newest entries");

        await Assert.ThrowsAsync<EventTransportUnavailableException>(() => publisher.PublishWaitingAsync(Cancellation));
        Assert.Equal(Events, await view.DeliveriesAsync());

        await BusView.Until(
            async () =>
            {
                try
                {
                    await PublishAsync(publisher);
                    return "";
                }
                catch (EventTransportUnavailableException away)
                {
                    return away.Message;
                }
            },
            failure => failure.Length == 0);
        Assert.Equal(Events, await view.DeliveriesAsync());
        Assert.Equal(0, await view.WaitingAsync());
    }

    [Fact]
    public async Task What_a_group_lacks_is_published_again_though_its_entry_is_there_and_the_dispatcher_that_noticed_dies()
    {
        await WriteAsync(count: 1);
        await PublishAsync(Dispatcher());
        var first = Assert.Single(await view.EntriesAsync(Written));
        var retry = await view.AddAsync(Written, "data", first["data"], "event_id", first["event_id"], "target_group", Group);
        await view.Redis.HashSetAsync(place.Prefix + "events:targeted", $"{Written} {retry}", $"{first["event_id"]} {Group}");
        await view.Redis.StreamDeleteAsync(place.Prefix + Written, [retry]);

        Assert.Equal(1, await Verifier(Transport).CheckAsync(Cancellation));
        await WriteAsync();
        await PublishAsync(Dispatcher());

        Assert.Equal(2, (await view.EntriesAsync(Written)).Count(entry => entry["event_id"] == first["event_id"]));
    }

    [Fact]
    public async Task What_is_published_again_on_purpose_is_marked_before_more_is_published()
    {
        await WriteAsync();
        await PublishAsync(Dispatcher());
        await new PublishedRows(connection).RequeueAsync(
            await ReadAsync<long[]>("SELECT array_agg(id) FROM event_log"), certain: true, Cancellation);
        var unmarked = new List<int>();

        await PublishAsync(Dispatcher(new BusyTransport(
            Transport, async () => unmarked.Add(await view.WaitingAsync() - (2 * Events) + await view.DeliveriesAsync()))));

        Assert.Equal([0, 0, 0], unmarked);
    }

    [Fact]
    public async Task What_waits_to_be_published_again_is_not_deleted_however_old_it_is()
    {
        await WriteAsync(count: 1);
        await PublishAsync(Dispatcher());
        await ExecuteAsync("UPDATE event_log SET published_at = now() - interval '1 year'");
        await new PublishedRows(connection).RequeueAsync([await ReadAsync<long>("SELECT id FROM event_log")], certain: true, Cancellation);

        await host.Services.GetServices<IHostedService>().OfType<RetentionService<NotesDb>>().Single().RunOnceAsync(Cancellation);

        Assert.Equal(1, await view.WaitingAsync());
    }

    /// <summary>A dispatcher at the beginning of its term.</summary>
    private OutboxPublisher Dispatcher(IEventTransport? transport = null)
    {
        transport ??= Transport;
        return new OutboxPublisher(connection, new EventSender(transport, Topologies.Default), Topology.PerEventType, new UnmarkedEvents(), Verifier(transport), host.Services.GetRequiredService<BusHealth>(), NullLogger.Instance);
    }

    private PublishedEventVerifier Verifier(IEventTransport transport) => new(
        connection, transport.Capabilities.Probe!, host.Services.GetRequiredService<EventCatalog>().Types, host.Services.GetRequiredService<EventBusOptions>(), NullLogger.Instance);

    private static async Task PublishAsync(OutboxPublisher publisher)
    {
        while (await publisher.PublishWaitingAsync(Cancellation))
        {
            // Like the dispatcher.
        }
    }

    private async Task WriteAsync(int count = Events)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotesDb>();
        var first = db.Notes.Count() + 1;
        foreach (var note in Enumerable.Range(first, count).Select(i => new NoteWritten(i, "good")))
        {
            db.Notes.Add(new Note { Id = note.NoteId, Text = note.Text });
            db.Publish(note);
        }

        await db.SaveChangesAsync(Cancellation);
    }

#pragma warning disable CA2100 // The statements come from this test.
    private async Task<T> ReadAsync<T>(string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private async Task ExecuteAsync(string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
#pragma warning restore CA2100
}
