namespace TaskPlatform.EventBus.Tests.Retrying;

public sealed class RetryEntryTests
{
    private static readonly DateTimeOffset FailedAt = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_retry_remembers_the_first_entry_and_when_it_failed()
    {
        var retry = RetryEntry.Of(Deliveries.Received(5, 0, ("data", "not JSON"), ("x-tenant", "acme")), "readers", FailedAt);

        Assert.Equal(DerivedEventId.Of(Deliveries.Stream, "5-0"), retry.EventId);
        Assert.Equal(
            ("not JSON", "acme", retry.EventId.ToString(), "1", "readers", "5-0", "2026-01-15T10:30:00.0000000+00:00"),
            (Text("data"), Text("x-tenant"), Text("event_id"), Text("attempt"), Text("target_group"), Text("first_entry_id"), Text("first_failed_at")));

        string? Text(string name) => Deliveries.Text(retry.Fields, name);
    }

    [Fact]
    public void A_further_retry_keeps_them_and_counts_on()
    {
        var eventId = Guid.CreateVersion7();
        var retry = RetryEntry.Of(
            Deliveries.Received(5, 0, ("data", "{}"), ("event_id", eventId.ToString()), ("attempt", "2"), ("target_group", "readers"),
                ("first_entry_id", "1-0"), ("first_failed_at", "then")),
            "readers", FailedAt);

        Assert.Equal(eventId, retry.EventId);
        Assert.Equal(("3", "1-0", "then"), (Deliveries.Text(retry.Fields, "attempt"), Deliveries.Text(retry.Fields, "first_entry_id"), Deliveries.Text(retry.Fields, "first_failed_at")));
        Assert.Equal(retry.Fields.Select(field => field.Name).Distinct(), retry.Fields.Select(field => field.Name));
    }
}
