using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The dispatcher on a transport that can do nothing but publish.</summary>
public sealed class BareTransportTests(RedisServer redis, PostgresServer postgres) : IAsyncLifetime
{
    private readonly BareTransport transport = new();
    private BusPlace place = null!;
    private BusView view = null!;
    private IHost host = null!; // Not started, because the tests act as the dispatcher.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        place = await BusPlace.CreateAsync(redis, postgres);
        view = await BusView.OfAsync(place);
        host = BusProcess.Build(place, new TestOutputLogger(), _ => { }, configure: null);
    }

    public async ValueTask DisposeAsync()
    {
        await view.DisposeAsync();
        host.Dispose();
    }

    [Fact]
    public async Task Its_events_are_published_in_order_without_being_verified_or_replayed()
    {
        var outbox = new OutboxState();
        var terms = new LeaderTerms(
            new EventSender(transport, Topologies.Default), host.Services.GetRequiredService<EventCatalog>(), Topologies.Default, host.Services.GetRequiredService<EventBusOptions>(), outbox,
            host.Services.GetRequiredService<BusHealth>(), NullLoggerFactory.Instance);
        await using var leadership = await Election().WinAsync(() => { }, Cancellation);
        await BusProcess.WriteAsync(host.Services, Enumerable.Range(1, 3).Select(i => new NoteWritten(i, "good")), Cancellation);

        using (var term = terms.Begin("notes", leadership.Connection, new UnmarkedEvents()))
        {
            while (await term.RunRoundAsync(Cancellation))
            {
                // Like the dispatcher.
            }

            Assert.Equal(3, outbox.Current?.Waiting); // Reported before they were published.
        }

        Assert.Equal(["1", "2", "3"], transport.Published.Select(outgoing => JsonElement.Parse(outgoing.Envelope).GetProperty("aggregate_id").GetString()));
        Assert.Equal(0, await view.WaitingAsync());
        Assert.Null(outbox.Current);
    }

    [Fact]
    public async Task Another_process_leads_when_the_leadership_ends()
    {
        var first = await Election().WinAsync(() => { }, Cancellation);
        var following = new TaskCompletionSource();
        var second = Election().WinAsync(() => following.TrySetResult(), Cancellation);
        await following.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.False(second.IsCompleted);

        await first.DisposeAsync();

        await using var next = await second.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private LeaderElection<NotesDb> Election() => new(
        "notes", host.Services.GetRequiredService<CommitSignal<NotesDb>>(), transport, host.Services.GetRequiredService<ApplicationScopes>());

    private sealed class BareTransport : IEventTransport
    {
        public List<OutgoingEvent> Published { get; } = [];

        public string System => "bare";

        public string? Problem => null;

        public Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
        {
            Published.AddRange(events);
            return Task.FromResult<IReadOnlyList<PublishResult>>([.. events.Select(outgoing => new PublishResult($"entry of {outgoing.EventId}"))]);
        }

        public IReceiver CreateReceiver(ConsumerGroup group, IChannelHandling handling) => throw new NotSupportedException();
    }
}
