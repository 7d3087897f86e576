using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace TaskPlatform.EventBus;

/// <summary>The parsed JSON of an entry's <c>data</c> field.</summary>
/// <param name="Type">The wire name.</param>
/// <param name="AggregateType">The type of the aggregate. Default: the part of the wire name before the dot.</param>
/// <param name="AggregateId">The id of the aggregate.</param>
/// <param name="Timestamp">When the event occurred, UTC.</param>
/// <param name="Payload">The <c>data</c> member, verbatim.</param>
public sealed partial record EventEnvelope(
    string Type, string AggregateType, string AggregateId, DateTimeOffset Timestamp, ReadOnlyMemory<byte> Payload)
{
    // The JSON is sent to the transport and to HTTP clients as JSON, never embedded in HTML, so non-ASCII characters need no escaping.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    /// <summary>The aggregate type in a wire name: the part before the dot.</summary>
    public static string AggregateTypeOf(string eventType)
        => eventType.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? eventType[..dot] : eventType;

    /// <summary>Writes an event as <c>{"type","aggregate_id","aggregate_type","data","timestamp"}</c>.</summary>
    public static string Write<TEvent>(TEvent data, DateTimeOffset timestamp)
        where TEvent : IEvent<TEvent>
    {
        buffer ??= new ArrayBufferWriter<byte>(1024);
        writer ??= new Utf8JsonWriter(buffer, Relaxed);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);

        writer.WriteStartObject();
        writer.WriteString("type"u8, TEvent.Type);
        writer.WriteString("aggregate_id"u8, data.AggregateId);
        writer.WriteString("aggregate_type"u8, AggregateTypeOf(TEvent.Type));
        writer.WritePropertyName("data"u8);
        JsonSerializer.Serialize(writer, data, TEvent.JsonTypeInfo);
        writer.WriteString("timestamp"u8, timestamp.UtcDateTime);
        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Parses an event, which any program may have published.</summary>
    /// <exception cref="UnreadableEventException">It is not the JSON of an event; the message describes the problem.</exception>
    public static EventEnvelope Read(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
            throw new UnreadableEventException("The field 'data' is not valid UTF-8.");

        string? type = null, aggregateType = null, aggregateId = null;
        DateTimeOffset? timestamp = null;
        ReadOnlyMemory<byte>? payload = null;
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new UnreadableEventException("The field 'data' is not a JSON object.");

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("type"u8))
                    type = ReadString(ref reader, "type");
                else if (reader.ValueTextEquals("aggregate_id"u8))
                    aggregateId = ReadString(ref reader, "aggregate_id");
                else if (reader.ValueTextEquals("aggregate_type"u8))
                    aggregateType = ReadOptionalString(ref reader);
                else if (reader.ValueTextEquals("timestamp"u8))
                    timestamp = ReadTimestamp(ref reader);
                else if (reader.ValueTextEquals("data"u8))
                    payload = ReadObject(ref reader, json);
                else
                    reader.Skip();
            }

            if (reader.Read())
                throw new UnreadableEventException("The field 'data' has content after the JSON object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader throws InvalidOperationException for an unpaired surrogate.
            throw new UnreadableEventException($"The field 'data' is not JSON: {e.Message}", e);
        }

        return new EventEnvelope(
            type ?? throw Missing("type"),
            aggregateType ?? AggregateTypeOf(type),
            aggregateId ?? throw Missing("aggregate_id"),
            timestamp ?? throw Missing("timestamp"),
            payload ?? throw Missing("data"));
    }

    private static UnreadableEventException Missing(string member) => new($"The event has no member '{member}'.");

    private static string ReadString(ref Utf8JsonReader reader, string member)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 and <= 500 } text
            ? text
            : throw new UnreadableEventException($"The event's member '{member}' is not a string of 1 to 500 characters.");
    }

    /// <summary>Null if the value is invalid: the default applies, and another publisher's mistake has no further consequence.</summary>
    private static string? ReadOptionalString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString() is { Length: > 0 and <= 500 } text ? text : null;
        reader.Skip();
        return null;
    }

    private static DateTimeOffset ReadTimestamp(ref Utf8JsonReader reader)
    {
        // Most timestamps end in Z and can be parsed without allocating a string. Without an offset, the reader would assume the local time zone.
        var ahead = reader;
        ahead.Read();
        if (ahead.TokenType == JsonTokenType.String && ahead.ValueSpan is [.., (byte)'Z'] && ahead.TryGetDateTimeOffset(out var utc))
        {
            reader = ahead;
            return utc;
        }

        // Checked first, because the parser would accept 10:00 as a time of today, and 1/2/2026 as a date.
        var text = ReadString(ref reader, "timestamp").ToUpperInvariant();
        return DateAndTime().IsMatch(text) && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var timestamp)
            ? timestamp
            : throw new UnreadableEventException("The event's member 'timestamp' is not an ISO 8601 date with a time.");
    }

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?\\z")]
    private static partial Regex DateAndTime();

    private static ReadOnlyMemory<byte> ReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new UnreadableEventException("The event's member 'data' is not an object.");

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
