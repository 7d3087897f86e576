namespace TaskPlatform.EventBus.Tests.Events;

public sealed class PublishedFieldsTests
{
    private static readonly OutgoingEvent Full = new(
        Guid.CreateVersion7(), "parcel.sent", "1", "{}", AggregateVersion: 7, Schema: 2, TraceParent: "parent", TraceState: "state",
        CorrelationId: "correlated", CausationId: "caused");

    [Fact]
    public void Every_published_field_is_known_and_has_a_value()
    {
        Assert.Equal(
            [("data", "{}"), ("event_id", Full.EventId.ToString()), ("schema", "2"), ("correlation_id", "correlated"), ("aggregate_version", "7"),
                ("traceparent", "parent"), ("tracestate", "state"), ("causation_id", "caused")],
            PublishedFields.Names.Select((name, index) => (name, PublishedFields.ValueOf(Full, index).ToString())));
        Assert.All(PublishedFields.Names, name => Assert.Contains(name, EntryFields.OfEntry.Concat(EntryFields.OfEvent)));
    }

    [Fact]
    public void A_field_without_a_value_is_left_out_of_the_entry()
    {
        var fields = (Full with { AggregateVersion = null, TraceParent = null, TraceState = "", CausationId = null }).ToFields();

        Assert.Equal(["data", "event_id", "schema", "correlation_id"], fields.Select(field => field.Name));
    }
}
