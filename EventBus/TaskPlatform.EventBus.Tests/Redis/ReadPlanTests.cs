using TaskPlatform.EventBus.Redis;

namespace TaskPlatform.EventBus.Tests.Redis;

public sealed class ReadPlanTests
{
    private static readonly string[] Streams = [.. Enumerable.Range(0, 10).Select(i => $"events:kind_{i}")];

    [Fact]
    public void A_hot_stream_gets_the_full_capacity_in_every_other_read()
    {
        var plan = new ReadPlan();

        Assert.Equal(25, plan.Next(Streams).Count(256));
        plan.Learn([Streams[3]]);
        var hot = plan.Next(Streams);
        plan.Learn([Streams[3]]);
        var all = plan.Next(Streams);

        Assert.Equal([Streams[3]], hot.Streams);
        Assert.False(hot.Wait);
        Assert.Equal(256, hot.Count(256));
        Assert.Equal(Streams, all.Streams);
        Assert.True(all.Wait);
    }

    [Fact]
    public void Without_a_hot_stream_every_read_covers_all_streams_and_blocks()
    {
        var plan = new ReadPlan();

        for (var i = 0; i < 3; i++)
        {
            Assert.True(plan.Next(Streams) is { Wait: true, Streams.Count: 10 });
            plan.Learn([]);
        }
    }

    [Fact]
    public void Streams_that_are_no_longer_consumed_are_not_read()
    {
        var plan = new ReadPlan();
        plan.Learn([Streams[3]]);

        Assert.Equal(Streams[..3], plan.Next(Streams[..3]).Streams);
    }
}
