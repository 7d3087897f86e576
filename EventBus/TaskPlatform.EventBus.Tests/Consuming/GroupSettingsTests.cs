namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class GroupSettingsTests
{
    [Fact]
    public void What_a_group_does_not_set_follows_the_bus()
    {
        var bus = new EventBusOptions { Prefetch = 7, MaxConcurrency = 2, MaxRetries = 1, HandlerTimeout = TimeSpan.FromSeconds(9) };
        bus.RetryDelays.Add(TimeSpan.FromSeconds(100));

        var settings = new GroupSettings(bus, new ConsumerGroupOptions());

        Assert.Equal((7, 2, TimeSpan.FromSeconds(9), EventOrdering.Strict), (settings.Prefetch, settings.MaxConcurrency, settings.HandlerTimeout, settings.Ordering));
        Assert.Equal(1, settings.Retries.MaxRetries);
        Assert.InRange(settings.Retries.DelayBefore(1), TimeSpan.FromSeconds(80), TimeSpan.FromSeconds(120));
    }

    [Fact]
    public void What_a_group_sets_takes_the_place_of_the_bus_s_options()
    {
        var group = new ConsumerGroupOptions
        {
            Prefetch = 5, MaxConcurrency = 1, MaxRetries = 0, HandlerTimeout = TimeSpan.FromSeconds(1), Ordering = EventOrdering.Relaxed,
        };
        group.RetryDelays.Add(TimeSpan.Zero);

        var settings = new GroupSettings(new EventBusOptions(), group);

        Assert.Equal((5, 1, TimeSpan.FromSeconds(1), EventOrdering.Relaxed), (settings.Prefetch, settings.MaxConcurrency, settings.HandlerTimeout, settings.Ordering));
        Assert.Equal((0, TimeSpan.Zero), (settings.Retries.MaxRetries, settings.Retries.DelayBefore(1)));
    }
}
