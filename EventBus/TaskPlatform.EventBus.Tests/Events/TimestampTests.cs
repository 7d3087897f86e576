using System.Text;

namespace TaskPlatform.EventBus.Tests.Events;

/// <summary>Which timestamp formats of other publishers are accepted, and how they are read.</summary>
public sealed class TimestampTests
{
    [Theory]
    [InlineData("2025-01-15T10:30:00Z", "2025-01-15T10:30:00.0000000")]
    [InlineData("2025-01-15T10:30:00", "2025-01-15T10:30:00.0000000")]
    [InlineData("2025-01-15T10:30", "2025-01-15T10:30:00.0000000")]
    [InlineData("2025-01-15t10:30:00z", "2025-01-15T10:30:00.0000000")]
    [InlineData("2025-01-15T10:30:00.5", "2025-01-15T10:30:00.5000000")]
    [InlineData("2025-01-15T10:30:00.123456712Z", "2025-01-15T10:30:00.1234567")]
    [InlineData("2025-01-15T10:30:00.123456712+00:00", "2025-01-15T10:30:00.1234567")]
    [InlineData("2025-01-15T10:30:00+02:00", "2025-01-15T08:30:00.0000000")]
    [InlineData("2025-01-15T10:30:00-02:30", "2025-01-15T13:00:00.0000000")]
    public void A_date_with_a_time_is_accepted(string text, string utc)
    {
        var read = Read(text);

        Assert.Equal((TimeSpan.Zero, utc), (read.Offset, read.DateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("10:00")]
    [InlineData("Jan 1")]
    [InlineData("1/2/2026")]
    [InlineData("2025-01-15")]
    [InlineData("2025-01-15 10:30:00")]
    [InlineData("2025-01-15T10")]
    [InlineData("2025-01-15T10:30:00Z ")]
    [InlineData(" 2025-01-15T10:30:00Z")]
    [InlineData("2025-01-15T10:30:00\\n")]
    [InlineData("2025-1-15T10:30:00Z")]
    [InlineData("2025-02-30T10:30:00Z")]
    [InlineData("2025-01-15T25:30:00Z")]
    [InlineData("2025-01-15T10:30:00+1")]
    [InlineData("2025-01-15T10:30:00+99:00")]
    [InlineData("2025-01-15T10:30:00GMT")]
    [InlineData("Wed, 15 Jan 2025 10:30:00 GMT")]
    [InlineData("0001-01-01T00:00:00+10:00")]
    [InlineData("\u0662\u0660\u0662\u0665-01-15T10:30:00Z")]
    [InlineData("1736937000")]
    public void Anything_else_is_unreadable(string text)
        => Assert.Contains("timestamp", Assert.Throws<UnreadableEventException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static DateTimeOffset Read(string timestamp)
        => EventEnvelope.Read(Encoding.UTF8.GetBytes($$"""{"type":"note.written","aggregate_id":"1","data":{},"timestamp":"{{timestamp}}"}""")).Timestamp;
}
