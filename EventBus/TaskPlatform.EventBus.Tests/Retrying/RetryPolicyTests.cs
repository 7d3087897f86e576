namespace TaskPlatform.EventBus.Tests.Retrying;

public sealed class RetryPolicyTests
{
    [Fact]
    public void Retries_are_allowed_up_to_their_maximum()
    {
        var policy = new RetryPolicy(3, []);
        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(policy.AllowsRetryAfter));
        Assert.False(new RetryPolicy(0, []).AllowsRetryAfter(0));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 30)]
    [InlineData(17, 30)]
    public void A_delay_is_that_of_its_retry_give_or_take_a_fifth_and_the_last_one_serves_the_rest(int retry, double seconds)
        => AssertDelays(new RetryPolicy(3, []), retry, seconds);

    [Fact]
    public void Configured_delays_take_the_place_of_the_default_ones()
    {
        var policy = new RetryPolicy(3, [TimeSpan.Zero, TimeSpan.FromSeconds(100)]);

        Assert.Equal(TimeSpan.Zero, policy.DelayBefore(1));
        AssertDelays(policy, 2, 100);
        AssertDelays(policy, 3, 100);
    }

    [Theory]
    [InlineData(0, 3, false)]
    [InlineData(0, 4, true)]
    [InlineData(2, 1, false)]
    [InlineData(2, 2, true)]
    [InlineData(3, 0, false)]
    [InlineData(99, 0, false)]
    public void Deliveries_without_an_end_count_like_attempts(int attempt, long earlierDeliveries, bool isCrashLoop)
        => Assert.Equal(isCrashLoop, new RetryPolicy(3, []).IsCrashLoop(attempt, earlierDeliveries));

    private static void AssertDelays(RetryPolicy policy, int retry, double seconds)
    {
        var delays = Enumerable.Range(0, 200).Select(_ => policy.DelayBefore(retry).TotalSeconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, 0.8 * seconds, 1.2 * seconds));
        Assert.True(delays.Max() - delays.Min() > 0.2 * seconds, "The delays do not spread.");
    }
}
