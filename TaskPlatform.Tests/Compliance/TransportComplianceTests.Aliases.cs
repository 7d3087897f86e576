using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Events that were published before their type was renamed.</summary>
public abstract partial class TransportComplianceTests
{
    private const string Alias = "parcel.posted";

    [Fact]
    public async Task A_group_reads_the_stream_of_an_alias_too_and_an_event_stays_in_its_stream()
    {
        var group = new ConsumerGroup("readers") { Ordering = EventOrdering.Relaxed, Topologies = new Topologies(Topology) };
        group.Add(new Subscription<ParcelSent, NoHandler>(new EventCatalog().Add<ParcelSent>(Alias)));
        Assert.Equal([Sent, Alias], group.EventTypes);
        var receiver = Subject.CreateReceiver("a", group, new HandlingLog());
        await Subject.AddAsync(NameOf(Alias), [Field("data", Json(1).Replace(Sent, Alias, StringComparison.Ordinal))]);
        await PublishAsync(1, from: 2);

        var received = (await ReceiveAsync(receiver, 2)).ToDictionary(one => Numbers([one]).Single());
        Assert.Equal([ChannelOf(Alias), ChannelOf(Sent)], [received[1].Position.Channel, received[2].Position.Channel]);
        await CompleteAsync(receiver, received[2]);

        Assert.Equal(SettleStatus.Settled, await SettleAsync(receiver, Retried(received[1], TimeSpan.Zero)));
        await Subject.PassTimeAsync(Step);
        var retry = Assert.Single(await ReceiveAsync(receiver, 1));
        Assert.Equal((ChannelOf(Alias), "1"), (retry.Position.Channel, Value(retry, EntryFields.Attempt)));

        Assert.Equal(SettleStatus.Settled, await SettleAsync(receiver, DeadLettered(retry)));
        var deadLetter = await Subject.DeadLetters.FindAsync((await Subject.DeadLetters.FindNewestAsync(Cancellation))!, Cancellation);
        Assert.Equal((Alias, ChannelOf(Alias)), (deadLetter!.Entry.Type, deadLetter.Entry.Stream));

        await Subject.DeadLetters.ReprocessAsync([deadLetter.Entry.Id], Cancellation);
        Assert.Equal(ChannelOf(Alias), Assert.Single(await ReceiveAsync(receiver, 1)).Position.Channel);
    }
}
