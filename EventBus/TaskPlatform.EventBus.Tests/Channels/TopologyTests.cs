using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus.Tests.Channels;

public sealed class TopologyTests
{
    [Fact]
    public void By_default_each_event_type_has_a_channel()
    {
        Assert.Equal("events:task.created", Topology.PerEventType.ChannelOf("task.created", "1"));
        Assert.Equal(["events:task.created", "events:task.deleted"], Topology.PerEventType.ChannelsOf(["task.created", "task.deleted"]));
        Assert.True(Topology.PerEventType.Accepts("events:task.created", "task.created"));
        Assert.False(Topology.PerEventType.Accepts("events:task.created", "task.deleted"));
    }

    [Fact]
    public void All_events_of_an_aggregate_are_on_one_channel_and_aggregates_are_spread_over_all()
    {
        var topology = Topology.PerAggregate(8);

        Assert.Equal(topology.ChannelOf("task.created", "17"), topology.ChannelOf("task.deleted", "17"));
        Assert.NotEqual(topology.ChannelOf("task.created", "17"), topology.ChannelOf("user.created", "17"));
        var used = Enumerable.Range(1, 1000).CountBy(id => topology.ChannelOf("task.created", $"{id}")).ToDictionary();
        Assert.Equal(topology.ChannelsOf(["task.created", "task.deleted"]).Order(StringComparer.Ordinal), used.Keys.Order(StringComparer.Ordinal));
        Assert.All(used.Values, count => Assert.InRange(count, 90, 160));
    }

    /// <summary>The partition is part of the wire format: it must never change. CRC-32 of "123456789" is 0xCBF43926.</summary>
    [Fact]
    public void The_partition_is_the_CRC32_of_the_aggregate_id()
    {
        var partition = 0xCBF43926u % 1000;

        Assert.Equal($"events:{{task:{partition}}}", Topology.PerAggregate(1000).ChannelOf("task.created", "123456789"));
    }

    [Fact]
    public void A_partition_accepts_the_types_of_its_aggregate_only()
    {
        var topology = Topology.PerAggregate(2);

        Assert.True(topology.Accepts("events:{task:1}", "task.created"));
        Assert.False(topology.Accepts("events:{task:1}", "user.created"));
        Assert.False(topology.Accepts("events:{task:2}", "task.created"));
        Assert.False(topology.Accepts("events:task.created", "task.created"));
    }

    [Fact]
    public void Channels_of_another_version_have_other_names()
        => Assert.Empty(Topology.PerAggregate(2).ChannelsOf(["task.created"]).Intersect(Topology.PerAggregate(4, version: 2).ChannelsOf(["task.created"])));

    [Theory]
    [InlineData("PerEventType")]
    [InlineData("PerAggregate(8)")]
    [InlineData("PerAggregate(16, version 2)")]
    public void A_name_is_read_as_it_is_written(string name) => Assert.Equal(name, Topology.Parse(name).Name);

    [Theory]
    [InlineData("")]
    [InlineData("PerAggregate")]
    [InlineData("PerAggregate(0)")]
    [InlineData("PerAggregate(1025)")]
    [InlineData("PerAggregate(8, version 0)")]
    [InlineData("PerAggregate(eight)")]
    public void A_wrong_name_is_refused_and_the_key_is_named(string name)
    {
        Assert.Throws<FormatException>(() => Topology.Parse(name));
        var failure = Assert.Single(new EventBusOptions { Topology = name }.Validate(new ValidationContext(this)));
        Assert.StartsWith("EventBus:Topology ", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task.created", "events:task.created")]
    [InlineData("task:3", "events:{task:3}")]
    [InlineData("task.v2:3", "events:{task.v2:3}")]
    public void A_channel_has_a_short_name(string name, string channel)
    {
        Assert.Equal(channel, StreamName.Of(name));
        Assert.Equal(name, StreamName.TypeOf(channel));
    }

    [Theory]
    [InlineData("task.created", "17-0", "17-0")]
    [InlineData("task:3", "17-0", "task:3/17-0")]
    public void A_log_knows_in_which_channel_an_entry_is(string stream, string entryId, string stored)
    {
        Assert.Equal(stored, LogEntryId.Write(stream, entryId));
        Assert.Equal((stream, entryId), LogEntryId.Read("task.created", stored));
    }
}
