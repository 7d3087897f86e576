using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPlatform.Contracts;

/// <summary>
/// Converts ISO 8601 timestamps, always UTC: a timestamp without an offset is read as UTC, not as local time. Written with
/// microseconds, the precision of the databases.
/// </summary>
internal sealed class UtcTimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.String || !reader.TryGetDateTime(out var time))
            throw new JsonException("A timestamp must be ISO 8601, for example \"2026-01-31T17:00:00Z\".");

        return time.Kind == DateTimeKind.Unspecified
            ? new DateTimeOffset(time, TimeSpan.Zero)
            : new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero);
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
        => writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture));
}
