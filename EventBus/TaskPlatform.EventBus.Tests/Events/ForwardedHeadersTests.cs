namespace TaskPlatform.EventBus.Tests.Events;

public sealed class ForwardedHeadersTests
{
    [Fact]
    public void Headers_of_the_event_and_unknown_ones_travel_on_and_those_of_the_entry_do_not()
        => Assert.Equal(
            [("traceparent", "t"), ("schema", "2"), ("x-tenant", "acme")],
            Forward(("data", "{}"), ("event_id", "e"), ("traceparent", "t"), ("attempt", "1"), ("target_group", "g"), ("first_entry_id", "1-1"),
                ("first_failed_at", "then"), ("x-tenant", "acme"), ("schema", "2")));

    [Fact]
    public void Of_a_header_that_is_there_twice_the_last_counts_and_an_empty_one_is_absent()
        => Assert.Equal([("x", "last")], Forward(("x", "first"), ("x", "last"), ("x", ""), ("y", "")));

    [Fact]
    public void The_events_own_come_first_and_what_is_beyond_the_limit_is_counted()
    {
        var forwarded = Forward([.. Enumerable.Range(0, ForwardedHeaders.MaxCount).Select(i => ($"x-{i}", "y")), ("traceparent", "t"), ("schema", "1")]);

        Assert.Equal(ForwardedHeaders.MaxCount + 1, forwarded.Count);
        Assert.Equal([("traceparent", "t"), ("schema", "1"), ("x-0", "y")], forwarded[..3]);
        Assert.Equal(("headers_dropped", "2"), forwarded[^1]);
    }

    [Fact]
    public void A_header_that_is_too_large_is_dropped_whole_and_the_next_one_may_fit()
    {
        var limit = new string('y', ForwardedHeaders.MaxBytes - 1);
        Assert.Equal([("x", limit)], Forward(("x", limit)));
        Assert.Equal([("z", "small"), ("headers_dropped", "1")], Forward(("x", limit + "y"), ("z", "small")));
    }

    [Theory]
    [InlineData("5", "6")]
    [InlineData("many", "1")]
    [InlineData("-3", "1")]
    [InlineData("2000000", "1000001")]
    public void What_was_dropped_before_counts(string before, string after)
        => Assert.Equal(
            ("headers_dropped", after), Forward(("headers_dropped", before), ("x", new string('y', ForwardedHeaders.MaxBytes)))[^1]);

    private static List<(string, string)> Forward(params (string Name, string Value)[] fields)
        => ForwardedHeaders.Of(fields.Select(field => Deliveries.Field(field.Name, field.Value)))
            .ConvertAll(field => (field.Name, System.Text.Encoding.UTF8.GetString(field.Value.Span)));
}
