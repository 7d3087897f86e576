using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Finding published events again, if the transport declares that it can.</summary>
public abstract partial class TransportComplianceTests
{
    [Fact]
    public async Task Entry_ids_are_compared_in_the_order_of_their_addition_and_show_their_time()
    {
        var probe = Probe();
        var ids = await PublishAsync(20);

        Assert.Equal(ids, ids.Reverse().Order(Comparer<string>.Create(probe.Compare)));
        Assert.Equal(0, probe.Compare(ids[3], ids[3]));
        var now = Subject.Clock.GetUtcNow();
        Assert.All(ids.Select(probe.TimeOf), time => Assert.True(time is null || (now - time.Value).Duration() < TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task The_newest_published_events_are_found_without_those_that_target_one_group()
    {
        var probe = Probe();
        var ids = await PublishAsync(3);
        await Subject.AddAsync(NameOf(Sent), [Field("data", Json(4)), Field("event_id", Guid.CreateVersion7().ToString()), Field("target_group", "readers")]);

        Assert.Equal([ids[2], ids[1]], (await probe.ReadNewestAsync(NameOf(Sent), 3, Cancellation)).Select(entry => entry.EntryId).Take(2));
        Assert.Empty(await probe.ReadNewestAsync(NameOf(Lost), 3, Cancellation));
    }

    [Fact]
    public async Task A_probe_tells_which_entries_exist_and_names_the_same_server()
    {
        var probe = Probe();
        var ids = await PublishAsync(2);

        var state = await probe.ProbeAsync([(NameOf(Sent), ids[0]), (NameOf(Lost), ids[0]), (NameOf(Sent), ids[1])], Cancellation);

        Assert.Equal([true, false, true], state.Exists);
        Assert.Equal(state.Run, (await probe.ProbeAsync([], Cancellation)).Run);
    }

    [Fact]
    public async Task A_groups_position_is_an_entry_id()
    {
        var probe = Probe();
        var ids = await PublishAsync(5);
        await ReceiveAsync(Receiver("a"), 5);

        var reading = Assert.Single((await probe.MeasureAsync([NameOf(Sent)], Cancellation)).Streams);

        Assert.True(reading.Exists);
        Assert.Equal(0, probe.Compare(ids[4], Assert.Single(reading.Groups).LastDelivered));
    }

    private IPublishedEventProbe Probe()
    {
        Assert.SkipWhen(Subject.Transport.Capabilities.Probe is null, "The transport has no probe.");
        return Subject.Transport.Capabilities.Probe!;
    }
}
