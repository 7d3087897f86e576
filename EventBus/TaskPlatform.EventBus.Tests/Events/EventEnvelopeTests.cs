using System.Text;
using System.Text.Json;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Events;

public sealed class EventEnvelopeTests
{
    private const string Rest = "\"aggregate_id\":\"7\",\"data\":{},\"timestamp\":\"2026-01-01T00:00:00Z\"";

    [Fact]
    public void An_event_is_written_as_the_wire_format_says()
        => Assert.Equal(
            """{"type":"parcel.sent","aggregate_id":"7","aggregate_type":"parcel","data":{"parcel_id":7},"timestamp":"2026-01-15T10:30:00Z"}""",
            EventEnvelope.Write(new ParcelSent(7), new DateTimeOffset(2026, 1, 15, 12, 30, 0, TimeSpan.FromHours(2))));

    [Fact]
    public void What_is_written_is_read()
    {
        var time = new DateTimeOffset(2026, 1, 15, 10, 30, 0, 5, TimeSpan.Zero);

        var read = Read(EventEnvelope.Write(new ParcelSent(7), time));

        Assert.Equal(("parcel.sent", "parcel", "7", time), (read.Type, read.AggregateType, read.AggregateId, read.Timestamp));
        Assert.Equal("""{"parcel_id":7}""", Encoding.UTF8.GetString(read.Payload.Span));
    }

    [Fact]
    public void Members_may_come_in_any_order_and_unknown_ones_are_ignored()
    {
        var read = Read("""
            { "more": [{"type":"x"}], "timestamp":"2026-01-01T00:00:00Z", "data" : { "a": [1, {"b":"}"}] } ,
              "aggregate_type":"box", "aggregate_id":"é", "type":"parcel.sent" }
            """);

        Assert.Equal(("parcel.sent", "box", "é"), (read.Type, read.AggregateType, read.AggregateId));
        Assert.Equal("""{ "a": [1, {"b":"}"}] }""", Encoding.UTF8.GetString(read.Payload.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"aggregate_type\":\"\",")]
    [InlineData("\"aggregate_type\":null,")]
    [InlineData("\"aggregate_type\":{\"a\":1},")]
    public void Without_a_usable_aggregate_type_it_is_what_precedes_the_dot(string member)
        => Assert.Equal("parcel", Read($$"""{"type":"parcel.sent",{{member}}{{Rest}}}""").AggregateType);

    [Theory]
    [InlineData("type", "'type'")]
    [InlineData("aggregate_id", "'aggregate_id'")]
    [InlineData("timestamp", "'timestamp'")]
    [InlineData("data", "'data'")]
    public void A_missing_member_is_named(string member, string named)
    {
        var members = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>("{\"type\":\"parcel.sent\"," + Rest + "}")!;
        members.Remove(member);
        Assert.Contains(named, Refusal(JsonSerializer.Serialize(members)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("null", "not a JSON object")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{\"type\":1," + Rest + "}", "'type'")]
    [InlineData("{\"type\":\"\"," + Rest + "}", "'type'")]
    [InlineData("{\"type\":\"parcel.sent\"," + Rest + "} {}", "not JSON")]
    [InlineData("{\"type\":\"parcel.sent\"," + Rest, "not JSON")]
    [InlineData("{\"type\":\"parcel.sent\",\"aggregate_id\":\"\\ud800\",\"data\":{},\"timestamp\":\"2026-01-01T00:00:00Z\"}", "not JSON")]
    [InlineData("{\"type\":\"parcel.sent\",\"aggregate_id\":\"7\",\"data\":[],\"timestamp\":\"2026-01-01T00:00:00Z\"}", "'data' is not an object")]
    public void What_is_no_event_is_refused_with_the_reason(string json, string reason) => Assert.Contains(reason, Refusal(json), StringComparison.Ordinal);

    [Fact]
    public void A_string_has_up_to_500_characters()
    {
        Assert.Equal(500, Read($$"""{"type":"{{new string('x', 500)}}",{{Rest}}}""").Type.Length);
        Assert.Contains("1 to 500", Refusal($$"""{"type":"{{new string('x', 501)}}",{{Rest}}}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused()
        => Assert.Contains("UTF-8", Assert.Throws<UnreadableEventException>(() => EventEnvelope.Read(new byte[] { (byte)'{', 0xff, (byte)'}' })).Message, StringComparison.Ordinal);

    private static EventEnvelope Read(string json) => EventEnvelope.Read(Encoding.UTF8.GetBytes(json));

    private static string Refusal(string json) => Assert.Throws<UnreadableEventException>(() => Read(json)).Message;
}
