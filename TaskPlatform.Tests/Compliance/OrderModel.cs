using System.Diagnostics;
using System.Globalization;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>What can happen next in an <see cref="OrderModel"/>.</summary>
internal enum OrderStep
{
    /// <summary>An event of each type is published, for the aggregate with the process's number.</summary>
    Publish,

    /// <summary>The process balances its channels; a killed one is started again, a frozen one wakes.</summary>
    Balance,

    /// <summary>The process receives.</summary>
    Receive,

    /// <summary>The process handles the first event that it has.</summary>
    Handle,

    /// <summary>The process claims.</summary>
    Claim,

    /// <summary>The process is killed.</summary>
    Kill,

    /// <summary>The process is frozen while it waits for the reply to a read.</summary>
    Freeze,

    /// <summary>The process stops, and releases what it has.</summary>
    Stop,

    /// <summary>So much time passes that leases expire which nobody renews.</summary>
    Wait,
}

/// <summary>A step, and the process that takes it.</summary>
internal readonly record struct OrderStepOf(OrderStep Kind, int Process);

/// <summary>
/// Processes of a strict group on a transport, and the database that they share: the events that were handled, in the order of their commits. Handling
/// an event that is in it changes nothing, as with the inbox.
/// </summary>
internal sealed class OrderModel(ITransportUnderTest subject, EventCatalog catalog, ConsumerGroup group, int processes)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly OrderProcess?[] running = new OrderProcess?[processes];
    private readonly List<(string Channel, string Aggregate, long Version)> published = [];
    private readonly List<(string Channel, string Aggregate, long Version)> handled = [];
    private int started;

    public async Task RunAsync(OrderStep step, int index)
    {
        if (step == OrderStep.Publish)
        {
            await PublishAsync(index);
            return;
        }

        if (step == OrderStep.Wait)
        {
            await subject.PassTimeAsync(subject.LeaseDuration);
            return;
        }

        var process = running[index];
        if (step == OrderStep.Balance)
            await (running[index] ??= Start()).BalanceAsync();
        else if (process is null || (process.IsFrozen && step != OrderStep.Kill))
            return;
        else if (step == OrderStep.Kill)
            running[index] = null; // Nothing is disposed: what it had sent may still be executed.
        else if (step == OrderStep.Stop)
            await StopAsync(index);
        else if (step == OrderStep.Freeze)
            process.Freeze();
        else if (step == OrderStep.Receive)
            process.Add(await CompleteAsync(process.ReceiveAsync()));
        else if (step == OrderStep.Claim)
            process.Add((await process.Receiver.ClaimAsync(512, CancellationToken.None)).Events);
        else if (process.Next() is { } next)
            await HandleAsync(process, next);
    }

    /// <summary>One process remains, and handles what is left.</summary>
    public async Task FinishAsync()
    {
        for (var i = 1; i < running.Length; i++)
        {
            if (running[i] is { } process)
            {
                await process.BalanceAsync();
                await StopAsync(i);
            }
        }

        var last = running[0] ??= Start();
        for (var begun = Stopwatch.GetTimestamp(); handled.Count < published.Count;)
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Limit, $"{handled.Count} of {published.Count} events were handled; it owns {string.Join(", ", last.Owned)}.");
            await last.BalanceAsync();
            if (last.Owned.Count > 0)
                last.Add(await CompleteAsync(last.ReceiveAsync()));
            while (last.Next() is { } next)
                await HandleAsync(last, next);
            await subject.PassTimeAsync(TimeSpan.FromMilliseconds(20));
        }

        await last.Receiver.ReleaseAsync([]);
    }

    /// <summary>Each aggregate's events of a channel were handled in the order in which they were published, each once.</summary>
    public void AssertOrder()
    {
        foreach (var aggregate in published.GroupBy(one => (one.Channel, one.Aggregate)))
        {
            Assert.Equal(
                aggregate.Select(one => one.Version),
                handled.Where(one => (one.Channel, one.Aggregate) == aggregate.Key).Select(one => one.Version));
        }
    }

    private async Task PublishAsync(int aggregate)
    {
        var version = published.Count + 1;
        OutgoingEvent[] events =
        [
            OutgoingEvent.Create(catalog, new ParcelSent(aggregate), DateTimeOffset.UnixEpoch, version),
            OutgoingEvent.Create(catalog, new LetterLost(aggregate), DateTimeOffset.UnixEpoch, version + 1),
        ];
        foreach (var (outgoing, result) in events.Zip(await subject.Transport.PublishAsync(events, CancellationToken.None)))
        {
            Assert.Null(result.Error);
            published.Add((group.Topologies.Current.ChannelOf(outgoing.Type, outgoing.AggregateId), aggregate.ToString(CultureInfo.InvariantCulture), outgoing.AggregateVersion!.Value));
        }
    }

    private OrderProcess Start()
    {
        var process = new OrderProcess();
        group.Ordering = EventOrdering.Strict;
        process.Receiver = subject.CreateReceiver($"process-{started++}", group, process);
        return process;
    }

    private async Task StopAsync(int index)
    {
        var process = running[index]!;
        running[index] = null;
        if (process.IsFrozen)
            return;
        await process.Receiver.StopReceivingAsync();
        await process.Receiver.ReleaseAsync([.. process.TakeAll().Select(delivery => new ReleasedEvent(delivery.Position, WasStarted: false))]);
    }

    private async Task HandleAsync(OrderProcess process, Delivery delivery)
    {
        var one = (delivery.Stream, delivery.Envelope!.AggregateId, delivery.AggregateVersion!.Value);
        if (!handled.Contains(one))
            handled.Add(one);
        await process.Receiver.SettleAsync([new Settlement(delivery.Position, SettlementKind.Complete, delivery.TargetGroup)], CancellationToken.None);
        process.Finish(delivery);
    }

    private async Task<T> CompleteAsync<T>(Task<T> call)
    {
        for (var begun = Stopwatch.GetTimestamp(); !call.IsCompleted;)
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Limit, "The call does not return.");
            await subject.PassTimeAsync(TimeSpan.FromMilliseconds(20));
        }

        return await call;
    }
}

/// <summary>A process of an <see cref="OrderModel"/>: it has events in the order in which it received them, as the engine's queue does.</summary>
internal sealed class OrderProcess : IChannelHandling
{
    private readonly Lock gate = new();
    private readonly List<Delivery> held = [];
    private readonly HashSet<string> owned = new(StringComparer.Ordinal);
    private Task<IReadOnlyList<ReceivedEvent>>? reading;

    public IReceiver Receiver { get; set; } = null!;

    public bool IsFrozen => reading is not null;

    public IReadOnlyCollection<string> Owned
    {
        get
        {
            lock (gate)
                return [.. owned];
        }
    }

    /// <summary>A read that fails because its connection was closed has received nothing.</summary>
    public async Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync()
    {
        try
        {
            return await Receiver.ReceiveAsync(512, CancellationToken.None);
        }
        catch (EventTransportUnavailableException)
        {
            return [];
        }
    }

    /// <summary>It has sent a read, and does nothing until it balances again.</summary>
    public void Freeze() => reading = ReceiveAsync();

    /// <summary>Balances. One that was frozen first has the events that were in the reply to its read.</summary>
    public async Task BalanceAsync()
    {
        if (reading is { IsCompleted: false })
            return;
        if (reading is not null)
            Add(await reading);
        reading = null;
        await Receiver.BalanceAsync(CancellationToken.None);
    }

    public void Add(IReadOnlyList<ReceivedEvent> received)
    {
        lock (gate)
        {
            foreach (var one in received.Where(one => owned.Contains(one.Position.Channel) && !held.Exists(other => other.Position == one.Position)))
                held.Add(Delivery.Parse(one, 1024 * 1024));
        }
    }

    public Delivery? Next()
    {
        lock (gate)
            return held.FirstOrDefault();
    }

    public void Finish(Delivery delivery)
    {
        lock (gate)
            held.Remove(delivery);
    }

    public List<Delivery> TakeAll()
    {
        lock (gate)
        {
            List<Delivery> all = [.. held];
            held.Clear();
            return all;
        }
    }

    public void Begin(string channel)
    {
        lock (gate)
            owned.Add(channel);
    }

    public Task<IReadOnlyList<EventPosition>> EndAsync(string channel, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            IReadOnlyList<EventPosition> unhandled = [.. held.Where(delivery => delivery.Stream == channel).Select(delivery => delivery.Position)];
            Drop(channel);
            return Task.FromResult(unhandled);
        }
    }

    public Task AbortAsync(string channel)
    {
        Drop(channel);
        return Task.CompletedTask;
    }

    private void Drop(string channel)
    {
        lock (gate)
        {
            owned.Remove(channel);
            held.RemoveAll(delivery => delivery.Stream == channel);
        }
    }
}
