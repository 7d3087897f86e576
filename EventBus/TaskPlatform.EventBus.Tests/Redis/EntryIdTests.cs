using TaskPlatform.EventBus.Redis;

namespace TaskPlatform.EventBus.Tests.Redis;

public sealed class EntryIdTests
{
    [Theory]
    [InlineData("1735689600000-0", 1735689600000, 0)]
    [InlineData("0-1", 0, 1)]
    [InlineData("18446744073709551615-18446744073709551615", ulong.MaxValue, ulong.MaxValue)]
    public void An_id_is_read_and_written(string text, ulong milliseconds, ulong sequence)
    {
        Assert.Equal(new EntryId(milliseconds, sequence), EntryId.Parse(text));
        Assert.Equal(text, new EntryId(milliseconds, sequence).ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1-")]
    [InlineData("1-2-3")]
    [InlineData("-1-0")]
    [InlineData(" 1-0")]
    [InlineData("18446744073709551616-0")]
    [InlineData("a-0")]
    public void Any_other_address_is_rejected(string? text)
    {
        Assert.False(EntryId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => EntryId.Parse(text ?? ""));
    }

    [Fact]
    public void Ids_are_ordered_by_time_and_then_by_sequence()
    {
        EntryId[] ordered = [new(0, 1), new(1, 0), new(1, ulong.MaxValue), new(2, 0), new(10, 0)];

        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.True(ordered[1] < ordered[2] && ordered[2] > ordered[1] && ordered[1] <= ordered[2] && ordered[2] >= ordered[1]);
        Assert.True(ordered[1] <= new EntryId(1, 0) && ordered[1] >= new EntryId(1, 0));
    }

    [Fact]
    public void Between_an_id_and_its_neighbours_there_is_no_other()
    {
        Assert.Equal(new EntryId(1, 4), new EntryId(1, 5).Previous());
        Assert.Equal(new EntryId(0, ulong.MaxValue), new EntryId(1, 0).Previous());
        Assert.Equal(default, default(EntryId).Previous());
        Assert.Equal(new EntryId(1, 6), new EntryId(1, 5).Next());
        Assert.Equal(new EntryId(2, 0), new EntryId(1, ulong.MaxValue).Next());
        Assert.Null(EntryId.MaxValue.Next());
    }

    [Fact]
    public void An_id_has_a_time_and_a_time_has_an_id_before_it()
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(1735689600000);

        Assert.Equal(time, new EntryId(1735689600000, 7).Time);
        Assert.True(EntryId.Before(time) < new EntryId(1735689600000, 0));
        Assert.Equal(new EntryId(1735689600000, 0), EntryId.Before(time).Next());
        Assert.Equal(default, EntryId.Before(DateTimeOffset.UnixEpoch.AddYears(-1)));
        Assert.Equal(9999, EntryId.MaxValue.Time.Year);
    }
}
