namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class DeliveryValidatorTests
{
    private readonly DeliveryValidator validator = new(Deliveries.Group(), Deliveries.Handlers());

    [Fact]
    public void A_readable_event_of_the_group_is_handled()
    {
        var delivery = Deliveries.Of(7);

        Assert.Same(Outcome.Open, validator.Validate(delivery, out var payload));
        Assert.Equal(new TaskPlatform.Tests.Compliance.ParcelSent(7), payload);
    }

    [Fact]
    public void An_event_for_another_group_is_left_to_it_even_where_it_is_unreadable()
    {
        var delivery = Deliveries.Of(1, "not JSON", null, 0, ("target_group", "others"));

        Assert.Same(Outcome.ForAnotherGroup, Validate(delivery));
    }

    [Fact]
    public void An_event_for_this_group_is_handled()
        => Assert.Same(Outcome.Open, Validate(Deliveries.Of(1, Deliveries.Json(1), null, 0, ("target_group", "readers"))));

    [Theory]
    [InlineData("""not JSON""", "unreadable")]
    [InlineData("""{"type":"parcel.sent","aggregate_id":"1","data":{"parcel_id":"x"},"timestamp":"2026-01-01T00:00:00Z"}""", "unreadable")]
    [InlineData("""{"type":"parcel.eaten","aggregate_id":"1","data":{},"timestamp":"2026-01-01T00:00:00Z"}""", "unknown_type")]
    public void What_the_group_can_not_read_is_dead_lettered_at_once(string data, string reason)
    {
        var delivery = Deliveries.Of(1, data);

        var outcome = Validate(delivery);
        Assert.Equal((OutcomeKind.DeadLetter, reason), (outcome.Kind, outcome.Reason));
    }

    [Fact]
    public void An_event_in_the_stream_of_another_type_is_dead_lettered_at_once()
    {
        var delivery = Delivery.Parse(
            Deliveries.Received(1, 0, ("data", Deliveries.Json(1))) with { Position = new EventPosition("events:letter.lost", "1-0") }, 10_000);

        var outcome = Validate(delivery);
        Assert.Equal((OutcomeKind.DeadLetter, DeadLetterReason.Unreadable), (outcome.Kind, outcome.Reason));
    }

    [Fact]
    public void An_unknown_schema_is_retried_and_then_dead_lettered()
    {
        Assert.Equal(OutcomeKind.Retry, Validate(Deliveries.Of(1, Deliveries.Json(1), null, 0, ("schema", "2"))).Kind);

        var last = Validate(Deliveries.Of(1, Deliveries.Json(1), null, 0, ("schema", "2"), ("attempt", "3")));
        Assert.Equal((OutcomeKind.DeadLetter, DeadLetterReason.UnknownSchema), (last.Kind, last.Reason));
    }

    [Fact]
    public void An_event_that_was_delivered_too_often_is_a_crash_loop()
    {
        Assert.Same(Outcome.Open, Validate(Deliveries.Of(1, Deliveries.Json(1), null, prior: 3)));

        var deadly = Deliveries.Of(1, Deliveries.Json(1), null, prior: 4);
        var outcome = Validate(deadly);
        Assert.Equal((OutcomeKind.DeadLetter, DeadLetterReason.CrashLoop, 4L), (outcome.Kind, outcome.Reason, outcome.AttemptsOf(deadly)));
    }

    private Outcome Validate(Delivery delivery) => validator.Validate(delivery, out _);
}
