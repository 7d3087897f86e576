using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>What the dispatcher republishes if other programs remove entries from a stream, check by check.</summary>
public sealed class PublishedEventVerifierTests(RedisServer redis, PostgresServer postgres) : IAsyncLifetime
{
    private const string Group = "readers";
    private const string Stream = "events:note.written";
    private const int Count = 20;

    private BusPlace place = null!;
    private BusView view = null!;
    private IHost host = null!; // Not started, because the tests act as the dispatcher.
    private NpgsqlConnection connection = null!;
    private PublishedEventVerifier verifier = null!;
    private OutboxPublisher publisher = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Key => place.Prefix + Stream;

    public async ValueTask InitializeAsync()
    {
        place = await BusPlace.CreateAsync(redis, postgres);
        view = await BusView.OfAsync(place);
        host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null);
        connection = new NpgsqlConnection(place.Postgres);
        await connection.OpenAsync(Cancellation);
        var transport = host.Services.GetRequiredService<IEventTransport>();
        verifier = new PublishedEventVerifier(
            connection, transport.Capabilities.Probe!, host.Services.GetRequiredService<EventCatalog>().Types, host.Services.GetRequiredService<EventBusOptions>(), NullLogger.Instance);
        publisher = new OutboxPublisher(connection, new EventSender(transport, Topologies.Default), Topology.PerEventType, new UnmarkedEvents(), verifier, host.Services.GetRequiredService<BusHealth>(), NullLogger.Instance);
        Assert.True(await LeaderLock.TryAcquireAsync(connection, Cancellation));
        await MakeGroupAsync();
        await BusProcess.WriteAsync(host.Services, Enumerable.Range(1, Count).Select(i => new NoteWritten(i, "good")), Cancellation);
        await PublishAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await view.DisposeAsync();
        host.Dispose();
    }

    [Fact]
    public async Task A_deleted_unread_entry_is_republished_and_counted()
    {
        await CheckAsync();
        var middle = (await view.EntriesAsync(Stream))[10];

        await view.Redis.StreamDeleteAsync(Key, [middle["id"]]);

        Assert.Equal(1, await CheckAsync());
        Assert.Equal(middle["event_id"], (await view.EntriesAsync(Stream))[^1]["event_id"]);
        Assert.Equal(1, await view.Redis.HashGetAsync(place.Prefix + "events:lost", $"{Stream} {Group}"));
        Assert.Equal(0, await CheckAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deleted_pending_entry_is_republished_regardless_of_who_detects_it(bool noticedByConsumer)
    {
        await ReadAsync(Count);
        await CheckAsync();
        var middle = (await view.EntriesAsync(Stream))[10];

        await view.Redis.StreamDeleteAsync(Key, [middle["id"]]);
        if (noticedByConsumer)
            await ClaimAsync();

        Assert.Equal(1, await CheckAsync());
        Assert.Equal(middle["event_id"], (await view.EntriesAsync(Stream))[^1]["event_id"]);
        if (!noticedByConsumer)
            await ClaimAsync();
        Assert.Equal(1, await view.Redis.HashGetAsync(place.Prefix + "events:lost", $"{Stream} {Group}"));
        Assert.Equal(0, await CheckAsync());
    }

    [Fact]
    public async Task Entries_that_were_trimmed_before_a_group_read_them_are_republished()
    {
        await CheckAsync();

        await view.Redis.StreamTrimAsync(Key, 5);
        await AckAsync(await ReadAsync(Count));

        Assert.Equal(Count - 5, await CheckAsync());
        Assert.Equal(Count - 5, await view.Redis.HashGetAsync(place.Prefix + "events:lost", $"{Stream} {Group}"));
        Assert.Equal(Count, (await view.EntriesAsync(Stream)).Select(entry => entry["event_id"]).Distinct().Count());
    }

    [Fact]
    public async Task Entries_that_every_group_has_finished_are_not_republished()
    {
        await AckAsync(await ReadAsync(Count));
        await CheckAsync();

        await view.Redis.StreamTrimAsync(Key, 5);
        Assert.Equal(0, await CheckAsync());

        await view.Redis.StreamTrimAsync(Key, 0);
        Assert.Equal(0, await CheckAsync());
        Assert.False(await view.Redis.KeyExistsAsync(place.Prefix + "events:lost"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_events_of_a_deleted_and_recreated_stream_are_republished(bool groupFirst)
    {
        await ReadAsync(Count);
        await CheckAsync();

        await view.Redis.KeyDeleteAsync(Key);
        if (groupFirst)
            await MakeGroupAsync();
        await view.AddAsync(Stream, "data", "from another publisher");
        if (!groupFirst)
            await MakeGroupAsync();

        Assert.Equal(Count, await CheckAsync());
    }

    [Fact]
    public async Task An_entry_that_is_removed_repeatedly_is_republished_with_growing_delays()
    {
        await CheckAsync();
        await view.Redis.StreamTrimAsync(Key, 0);
        Assert.Equal(Count, await CheckAsync());

        for (var i = 0; i < 20; i++)
        {
            await view.AddAsync(Stream, "data", "from another publisher");
            await view.Redis.StreamTrimAsync(Key, 0);
            Assert.Equal(0, await CheckAsync());
        }

        await BusView.Until(CheckAsync, published => published == Count);
        Assert.Equal(Count, (await view.EntriesAsync(Stream)).Count);
    }

    [Fact]
    public async Task A_new_dispatcher_detects_entries_that_were_removed_before_its_start()
    {
        await CheckAsync();
        await AckAsync(await ReadAsync(10));
        var entries = await view.EntriesAsync(Stream);
        await view.Redis.StreamDeleteAsync(Key, [entries[15]["id"]]);

        verifier = new PublishedEventVerifier(
            connection, host.Services.GetRequiredService<IEventTransport>().Capabilities.Probe!, ["note.written"], host.Services.GetRequiredService<EventBusOptions>(), NullLogger.Instance);

        Assert.Equal(1, await CheckAsync());
    }

    /// <summary>Runs a check, and republishes the missing events.</summary>
    private async Task<int> CheckAsync()
    {
        var missing = await verifier.CheckAsync(Cancellation);
        if (missing > 0)
            publisher.Restart();
        await PublishAsync();
        return missing;
    }

    private async Task PublishAsync()
    {
        while (await publisher.PublishWaitingAsync(Cancellation))
        {
            // Like the dispatcher.
        }
    }

    private async Task MakeGroupAsync()
        => await view.Redis.ScriptEvaluateAsync(Script.Group, [Key, place.Prefix + "events:groups"], [Group, Stream]);

    private async Task<RedisValue[]> ReadAsync(int count)
        => [.. (await view.Redis.StreamReadGroupAsync(Key, Group, "dead", count: count)).Select(entry => entry.Id)];

    private async Task AckAsync(RedisValue[] ids) => await view.Redis.StreamAcknowledgeAsync(Key, Group, ids);

    /// <summary>Claims entries, like a consumer that takes over those of another one.</summary>
    private async Task ClaimAsync()
        => await view.Redis.ScriptEvaluateAsync(
            Script.Claim,
            [Key, place.Prefix + "events:lost", place.Prefix + "events:lost:entries", place.Prefix + "events:retry"],
            [Group, "heir", 0, "0-0", 100, Stream, ReservedConsumers.AwaitingRetry]);
}
