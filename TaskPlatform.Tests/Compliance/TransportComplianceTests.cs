using System.Diagnostics;
using System.Globalization;
using System.Text;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>
/// What the engine relies on, whatever the transport. A transport passes the tests of this class, which use its interfaces only. In this file: what
/// the tests share.
/// </summary>
public abstract partial class TransportComplianceTests : IAsyncLifetime
{
    private protected const string Sent = "parcel.sent";
    private protected const string Lost = "letter.lost";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private protected static EventCatalog Catalog { get; } = new EventCatalog().Add<ParcelSent>().Add<LetterLost>();

    private ITransportUnderTest Subject { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The topology of the bus.</summary>
    protected virtual Topology Topology => Topology.PerEventType;

    /// <summary>Creates a transport that nothing was published to.</summary>
    protected abstract Task<ITransportUnderTest> CreateAsync();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Subject = await CreateAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Subject.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private ConsumerGroup GroupOf(string name, params string[] eventTypes)
    {
        var group = new ConsumerGroup(name) { Ordering = EventOrdering.Relaxed, Topologies = new Topologies(Topology) };
        if (eventTypes.Length == 0 || eventTypes.Contains(Sent))
            group.Add(new Subscription<ParcelSent, NoHandler>(Catalog));
        if (eventTypes.Contains(Lost))
            group.Add(new Subscription<LetterLost, NoHandler>(Catalog));
        return group;
    }

    /// <summary>The channel of an event type; with a topology of one partition, that of its aggregate type.</summary>
    private string ChannelOf(string eventType) => Assert.Single(Topology.ChannelsOf([eventType]));

    /// <summary>The short name of that channel.</summary>
    private string NameOf(string eventType) => StreamName.TypeOf(ChannelOf(eventType));

    private IReceiver Receiver(string consumer, string group = "readers") => Subject.CreateReceiver(consumer, GroupOf(group), new HandlingLog());

    /// <summary>A consumer that has received once, as nothing needs to be claimed by one that has not. There must be nothing to receive.</summary>
    private async Task<IReceiver> ConnectAsync(string consumer, string group = "readers")
    {
        var receiver = Receiver(consumer, group);
        Assert.Empty(await CompleteAsync(receiver.ReceiveAsync(512, Cancellation)));
        return receiver;
    }

    /// <summary>Publishes events of the first type.</summary>
    private async Task<IReadOnlyList<string>> PublishAsync(int count, int from = 1)
    {
        var results = await Subject.Transport.PublishAsync([.. Enumerable.Range(from, count).Select(Outgoing)], Cancellation);
        Assert.All(results, result => Assert.Null(result.Error));
        return [.. results.Select(result => result.EntryId!)];
    }

    private static OutgoingEvent Outgoing(int number) => OutgoingEvent.Create(Catalog, new ParcelSent(number), DateTimeOffset.UnixEpoch, number);

    /// <summary>Receives until there is the given number of events.</summary>
    private async Task<List<ReceivedEvent>> ReceiveAsync(IReceiver receiver, int count, int max = 512)
    {
        var received = new List<ReceivedEvent>();
        for (var started = Stopwatch.GetTimestamp(); received.Count < count;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"Only {received.Count} of {count} events were received.");
            received.AddRange(await CompleteAsync(receiver.ReceiveAsync(max, Cancellation)));
        }

        Assert.Equal(count, received.Count);
        return received;
    }

    /// <summary>Nothing is there to be received. A first call may only ask for what the consumer holds.</summary>
    private async Task AssertNothingAsync(IReceiver receiver)
    {
        for (var i = 0; i < 2; i++)
            Assert.Empty(await CompleteAsync(receiver.ReceiveAsync(512, Cancellation)));
    }

    /// <summary>Receives what one call returns, and waits for that.</summary>
    private async Task<IReadOnlyList<ReceivedEvent>> ReceiveSomeAsync(IReceiver receiver, int max)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, "Nothing was received.");
            if (await CompleteAsync(receiver.ReceiveAsync(max, Cancellation)) is { Count: > 0 } received)
                return received;
        }
    }

    /// <summary>Claims until there is something to claim.</summary>
    private async Task<List<ReceivedEvent>> ClaimAsync(IReceiver receiver, int count)
    {
        var claimed = new List<ReceivedEvent>();
        for (var started = Stopwatch.GetTimestamp(); claimed.Count < count;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"Only {claimed.Count} of {count} events were claimed.");
            var round = await ClaimRoundAsync(receiver);
            claimed.AddRange(round);
            if (round.Count == 0)
                await Subject.PassTimeAsync(Step);
        }

        Assert.Equal(count, claimed.Count);
        return claimed;
    }

    /// <summary>Claims what can be claimed now.</summary>
    private static async Task<List<ReceivedEvent>> ClaimRoundAsync(IReceiver receiver)
    {
        var claimed = new List<ReceivedEvent>();
        ClaimedEvents page;
        do
        {
            page = await receiver.ClaimAsync(512, Cancellation);
            claimed.AddRange(page.Events);
        }
        while (page.HasMore);
        return claimed;
    }

    /// <summary>Lets time pass until a call has completed.</summary>
    private async Task<T> CompleteAsync<T>(Task<T> call)
    {
        for (var started = Stopwatch.GetTimestamp(); !call.IsCompleted;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, "The call does not return.");
            await Subject.PassTimeAsync(Step);
        }

        return await call;
    }

    private static async Task<SettleStatus> SettleAsync(IReceiver receiver, Settlement settlement)
        => Assert.Single(await receiver.SettleAsync([settlement], Cancellation)).Status;

    private static Task<SettleStatus> CompleteAsync(IReceiver receiver, ReceivedEvent received) => SettleAsync(receiver, Completed(received));

    private static Settlement Completed(ReceivedEvent received) => new(received.Position, SettlementKind.Complete, Value(received, EntryFields.TargetGroup));

    private static Settlement Declined(ReceivedEvent received) => new(received.Position, SettlementKind.Decline, Value(received, EntryFields.TargetGroup));

    private static Settlement Retried(ReceivedEvent received, TimeSpan delay)
        => new(received.Position, SettlementKind.Retry, Value(received, EntryFields.TargetGroup)) { RetryAfter = delay };

    private static Settlement DeadLettered(ReceivedEvent received, string group = "readers")
    {
        var delivery = Delivery.Parse(received, 1024 * 1024);
        var outcome = Outcome.DeadLetter(
            delivery.Problem is null ? DeadLetterReason.Exhausted : DeadLetterReason.Unreadable, (Exception?)delivery.Problem ?? new InvalidOperationException("It failed."));
        return new(received.Position, SettlementKind.DeadLetter, delivery.TargetGroup) { DeadLetter = outcome.ToDeadLetter(delivery, group) };
    }

    /// <summary>The last value of a field; null where it has none.</summary>
    private static string? Value(ReceivedEvent received, string name)
        => received.Fields.Where(field => field.Name == name).Select(field => Encoding.UTF8.GetString(field.Value.Span)).LastOrDefault();

    private static EntryField Field(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));

    private static string Json(int number) => string.Create(CultureInfo.InvariantCulture,
        $$"""{ "type": "parcel.sent", "aggregate_id": "{{number}}", "data": {"parcel_id": {{number}} }, "timestamp":"2026-01-01T00:00:00Z" }""");

    private static IEnumerable<int> Numbers(IEnumerable<ReceivedEvent> received)
        => received.Select(one => int.Parse(EventEnvelope.Read(one.Fields.Last(field => field.Name == EntryFields.Data).Value).AggregateId, CultureInfo.InvariantCulture));
}
