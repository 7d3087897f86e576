using System.Text;

namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class DeliveryTests
{
    private static readonly Guid EventId = new("0197b5a0-0000-7000-8000-000000000001");

    [Fact]
    public void Every_header_is_read()
    {
        var delivery = Deliveries.Of(
            1, Deliveries.Json(1), EventId, prior: 2, ("aggregate_version", "7"), ("schema", "3"), ("attempt", "2"), ("target_group", "readers"),
            ("first_entry_id", "0-5"), ("first_failed_at", "then"), ("traceparent", "trace"), ("tracestate", "state"), ("correlation_id", "correlated"));

        Assert.Null(delivery.Problem);
        Assert.Equal((EventId, 7L, 3L, 2, 2L), (delivery.EventId, delivery.AggregateVersion, delivery.Schema, delivery.Attempt, delivery.EarlierDeliveries));
        Assert.Equal(("readers", "0-5", "then"), (delivery.TargetGroup, delivery.FirstEntryId, delivery.FirstFailedAt));
        Assert.Equal(("trace", "state", "correlated"), (delivery.TraceParent, delivery.TraceState, delivery.CorrelationId));
        Assert.Equal(("parcel", "1"), delivery.OrderingKey);
        Assert.Equal(5, Outcome.Handled.AttemptsOf(delivery)); // Two retries, two deliveries that ended in nothing, and this one.
    }

    [Fact]
    public void An_empty_header_counts_as_absent_and_an_event_without_an_id_has_a_derived_one()
    {
        var delivery = Deliveries.Of(1, Deliveries.Json(1), eventId: null, prior: 0, ("attempt", ""), ("schema", ""), ("target_group", ""));

        Assert.Null(delivery.Problem);
        Assert.Equal((0, null, null), (delivery.Attempt, delivery.Schema, delivery.TargetGroup));
        Assert.Equal(DerivedEventId.Of(Deliveries.Stream, "1-0"), delivery.EventId);
    }

    [Theory]
    [InlineData("event_id", "17", "is not a UUID")]
    [InlineData("event_id", "00000000-0000-0000-0000-000000000000", "is not a UUID")]
    [InlineData("schema", "one", "is not a whole number")]
    [InlineData("aggregate_version", "1.5", "is not a whole number")]
    [InlineData("attempt", "99999999999999999999", "is not a whole number")]
    public void A_header_that_can_not_be_read_makes_the_entry_unreadable_but_keeps_its_data(string name, string value, string problem)
    {
        var delivery = Delivery.Parse(Deliveries.Received(1, 0, (name, value), ("data", Deliveries.Json(1))), 10_000);

        Assert.Contains(problem, delivery.Problem?.Message, StringComparison.Ordinal);
        Assert.True(Outcome.Open.IsUnreadable(delivery));
        Assert.Equal(Deliveries.Json(1), Encoding.UTF8.GetString(delivery.Data.Span));
        Assert.Equal(("", "1-0"), delivery.OrderingKey);
    }

    [Fact]
    public void An_attempt_is_clamped_and_what_can_be_no_entry_id_is_ignored()
    {
        Assert.Equal(0, Deliveries.Of(1, Deliveries.Json(1), EventId, 0, ("attempt", "-5")).Attempt);
        Assert.Equal(int.MaxValue, Deliveries.Of(1, Deliveries.Json(1), EventId, 0, ("attempt", "9999999999")).Attempt);
        Assert.Equal("first", Deliveries.Of(1, Deliveries.Json(1), EventId, 0, ("first_entry_id", "first")).FirstEntryId);
        Assert.Null(Deliveries.Of(1, Deliveries.Json(1), EventId, 0, ("first_entry_id", "1\n")).FirstEntryId);
        Assert.Null(Deliveries.Of(1, Deliveries.Json(1), EventId, 0, ("first_entry_id", new string('1', 201))).FirstEntryId);
    }

    [Fact]
    public void Data_that_is_missing_or_too_large_is_unreadable()
    {
        Assert.Contains("no field 'data'", Delivery.Parse(Deliveries.Received(1, 0, ("event_id", EventId.ToString())), 100).Problem!.Message, StringComparison.Ordinal);

        var large = Delivery.Parse(Deliveries.Received(1, 0, ("data", new string('x', 101)), ("event_id", EventId.ToString())), 100);
        Assert.Contains("101 bytes; 100 are allowed", large.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(EventId, large.EventId);
    }
}
