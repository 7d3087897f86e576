using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace TaskPlatform.EventBus;

/// <summary>The JSON of an entry's field <c>data</c>, read.</summary>
/// <param name="Type">The wire name.</param>
/// <param name="AggregateType">The kind of what it is about; where the JSON does not say, what stands before the wire name's dot.</param>
/// <param name="AggregateId">Which one.</param>
/// <param name="Timestamp">When it happened, UTC.</param>
/// <param name="Payload">The member <c>data</c>, as it stands in the JSON.</param>
internal sealed partial record EventEnvelope(
    string Type, string AggregateType, string AggregateId, DateTimeOffset Timestamp, ReadOnlyMemory<byte> Payload)
{
    // The JSON goes into Redis and to HTTP clients as JSON, never into HTML as it is: so no letter needs a \u escape.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    /// <summary>The aggregate that a wire name speaks of: what stands before the dot.</summary>
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

    /// <summary>Reads an event that anyone may have published.</summary>
    /// <exception cref="UnreadableEventException">It is not the JSON of an event; the message says what is wrong with it.</exception>
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
                throw new UnreadableEventException("Something follows the JSON object in the field 'data'.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader calls half of a surrogate pair an invalid operation.
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

    /// <summary>Null where it is no string that could be meant: then another publisher's slip costs nothing but the name.</summary>
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
        // Most end in Z and need no string; without an offset the reader would take the machine's time zone.
        var ahead = reader;
        ahead.Read();
        if (ahead.TokenType == JsonTokenType.String && ahead.ValueSpan is [.., (byte)'Z'] && ahead.TryGetDateTimeOffset(out var utc))
        {
            reader = ahead;
            return utc;
        }

        // The parser alone would take 10:00 for a time of today, and 1/2/2026 for one in January.
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
