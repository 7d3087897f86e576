namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class DeliveryValidatorTests
{
    private readonly DeliveryValidator validator = new(Deliveries.Group(), new RetryPolicy(new EventBusOptions { MaxRetries = 3 }));

    [Fact]
    public void A_readable_event_of_the_group_is_handled()
    {
        var delivery = Deliveries.Of(7);

        Assert.True(validator.Validate(delivery));
        Assert.Equal(Outcome.Open, delivery.Outcome);
        Assert.Equal(new TaskPlatform.Tests.Compliance.ParcelSent(7), delivery.Payload);
    }

    [Fact]
    public void An_event_for_another_group_is_left_to_it_even_where_it_is_unreadable()
    {
        var delivery = Deliveries.Of(1, "not JSON", null, 0, ("target_group", "others"));

        Assert.False(validator.Validate(delivery));
        Assert.Equal(Outcome.ForAnotherGroup, delivery.Outcome);
    }

    [Fact]
    public void An_event_for_this_group_is_handled()
        => Assert.True(validator.Validate(Deliveries.Of(1, Deliveries.Json(1), null, 0, ("target_group", "readers"))));

    [Theory]
    [InlineData("""not JSON""", "unreadable")]
    [InlineData("""{"type":"parcel.sent","aggregate_id":"1","data":{"parcel_id":"x"},"timestamp":"2026-01-01T00:00:00Z"}""", "unreadable")]
    [InlineData("""{"type":"parcel.eaten","aggregate_id":"1","data":{},"timestamp":"2026-01-01T00:00:00Z"}""", "unknown_type")]
    public void What_the_group_can_not_read_is_dead_lettered_at_once(string data, string reason)
    {
        var delivery = Deliveries.Of(1, data);

        Assert.False(validator.Validate(delivery));
        Assert.Equal((Outcome.DeadLetter, reason), (delivery.Outcome, delivery.Reason));
    }

    [Fact]
    public void An_event_in_the_stream_of_another_type_is_dead_lettered_at_once()
    {
        var delivery = Delivery.Parse(
            Deliveries.Received(1, 0, ("data", Deliveries.Json(1))) with { Position = new EventPosition("events:parcel.lost", "1-0") }, 10_000);

        Assert.False(validator.Validate(delivery));
        Assert.Equal((Outcome.DeadLetter, DeadLetterReason.Unreadable), (delivery.Outcome, delivery.Reason));
    }

    [Fact]
    public void An_unknown_schema_is_retried_and_then_dead_lettered()
    {
        var first = Deliveries.Of(1, Deliveries.Json(1), null, 0, ("schema", "2"));
        Assert.False(validator.Validate(first));
        Assert.Equal(Outcome.Failed, first.Outcome);

        var last = Deliveries.Of(1, Deliveries.Json(1), null, 0, ("schema", "2"), ("attempt", "3"));
        Assert.False(validator.Validate(last));
        Assert.Equal((Outcome.DeadLetter, DeadLetterReason.UnknownSchema), (last.Outcome, last.Reason));
    }

    [Fact]
    public void An_event_that_was_delivered_too_often_is_a_crash_loop()
    {
        Assert.True(validator.Validate(Deliveries.Of(1, Deliveries.Json(1), null, prior: 3)));

        var deadly = Deliveries.Of(1, Deliveries.Json(1), null, prior: 4);
        Assert.False(validator.Validate(deadly));
        Assert.Equal((Outcome.DeadLetter, DeadLetterReason.CrashLoop, 4L), (deadly.Outcome, deadly.Reason, deadly.Attempts));
    }
}
