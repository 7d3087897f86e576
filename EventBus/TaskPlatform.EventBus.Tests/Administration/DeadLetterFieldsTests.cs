using System.Text;

namespace TaskPlatform.EventBus.Tests.Administration;

public sealed class DeadLetterFieldsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    [Fact]
    public void A_dead_letter_is_read_as_it_was_written()
    {
        var eventId = Guid.CreateVersion7();
        const string TraceId = "0af7651916cd43dd8448eb211c80319c";
        var delivery = Deliveries.Of(1, Deliveries.Json(1), eventId, 0, ("attempt", "3"), ("traceparent", $"00-{TraceId}-b7ad6b7169203331-01"),
            ("x-tenant", "acme"), ("error", "a header"), ("first_entry_id", "0-7"), ("first_failed_at", "then"));
        var record = Outcome.DeadLetter(DeadLetterReason.Exhausted, new FormatException("no")).ToDeadLetter(delivery, "readers");

        var details = DeadLetterFields.ReadDetails("5-0", DateTimeOffset.UnixEpoch.AddMilliseconds(5), Texts(DeadLetterFields.Of(record, delivery.Position, "consumer", Now)));

        Assert.Equal(
            new DeadLetterEntry
            {
                Id = "5-0", FailedAt = DateTimeOffset.FromUnixTimeMilliseconds(5), Type = "parcel.sent", Stream = Deliveries.Stream, Group = "readers",
                Reason = "exhausted", Exception = "System.FormatException", Error = "no", EventId = eventId.ToString(), Attempts = 4, OriginalId = "1-0",
                FirstEntryId = "0-7", FirstFailedAt = "then", Consumer = "consumer", TraceId = TraceId,
            },
            details.Entry);
        Assert.Equal(Deliveries.Json(1), details.Data);
        Assert.Equal(("acme", "a header"), (details.Headers["header:x-tenant"], details.Headers["header:error"]));
        Assert.StartsWith("System.FormatException: no", details.Stack, StringComparison.Ordinal);
        Assert.DoesNotContain("data", details.Headers.Keys);
    }

    [Fact]
    public void What_failed_for_the_first_time_failed_now_and_long_texts_are_cut()
    {
        var delivery = Deliveries.Of(1);
        var record = Outcome.DeadLetter(DeadLetterReason.Exhausted, new FormatException(new string('x', 5000))).ToDeadLetter(delivery, "readers");

        var fields = Texts(DeadLetterFields.Of(record, delivery.Position, "consumer", Now));

        Assert.Equal(fields["failed_at"], fields["first_failed_at"]);
        Assert.Equal(Now, DateTimeOffset.Parse(fields["failed_at"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(new string('x', 4000) + "…", fields["error"]);
        Assert.Equal(4001, fields["stack"].Length);
    }

    [Fact]
    public void Whatever_another_program_wrote_can_be_listed()
    {
        var entry = DeadLetterFields.Read("5-0", DateTimeOffset.UnixEpoch.AddMilliseconds(5), new Dictionary<string, string> { ["stream"] = "events:letter.lost", ["attempts"] = "many", ["traceparent"] = "x" });

        Assert.Equal(("letter.lost", null, null, ""), (entry.Type, entry.Attempts, entry.TraceId, entry.Group));
    }

    private static Dictionary<string, string> Texts(IEnumerable<EntryField> fields)
        => fields.ToDictionary(field => field.Name, field => Encoding.UTF8.GetString(field.Value.Span));
}
