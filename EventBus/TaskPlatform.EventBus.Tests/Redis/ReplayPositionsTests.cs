using TaskPlatform.EventBus.Redis;

namespace TaskPlatform.EventBus.Tests.Redis;

public sealed class ReplayPositionsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    [Theory]
    [InlineData("5-0", true)]
    [InlineData("10-0", true)]
    [InlineData("9-18446744073709551615", true)]
    [InlineData("4-7", false)]
    [InlineData("10-1", false)]
    [InlineData("anything", false)]
    public void An_event_is_included_if_its_entry_is_in_the_range(string entryId, bool isIncluded)
        => Assert.Equal(isIncluded, ReplayPositions.Includes(Request("4-7", "10-0", cutoff: null), entryId, Now));

    [Theory]
    [InlineData("21-0", 5, true)]
    [InlineData("21-0", 10, true)]
    [InlineData("21-0", 4, false)]
    [InlineData("21-0", 11, false)]
    [InlineData("20-0", 5, false)]
    public void An_event_that_was_published_again_after_the_cutoff_is_included_if_it_occurred_in_the_range(string entryId, int milliseconds, bool isIncluded)
        => Assert.Equal(isIncluded, ReplayPositions.Includes(
            Request("4-7", "10-0", cutoff: "20-0"), entryId, DateTimeOffset.UnixEpoch.AddMilliseconds(milliseconds)));

    [Theory]
    [InlineData("0-0", "10-0", "5-0", "4-18446744073709551615")]
    [InlineData("0-0", "10-0", "20-0", "10-0")]
    [InlineData("0-0", "10-0", null, "10-0")]
    [InlineData("5-0", "10-0", "5-1", null)]
    [InlineData("6-0", "10-0", "5-0", null)]
    [InlineData("10-0", "10-0", null, null)]
    public void A_gap_is_what_precedes_the_streams_first_entry(string after, string upTo, string? first, string? gap)
        => Assert.Equal(gap, ReplayPositions.GapBefore(Request(after, upTo, cutoff: null).Replay, first));

    [Fact]
    public void A_range_ends_at_the_last_entry_at_its_end_or_in_a_new_stream_now()
    {
        Assert.Equal(new ReplayRange("0-0", "9-3"), ReplayPositions.RangeOf(Stream("9-3"), from: null, to: null, Now));
        Assert.Equal(
            new ReplayRange("1-18446744073709551615", "4-18446744073709551615"),
            ReplayPositions.RangeOf(Stream("9-3"), DateTimeOffset.UnixEpoch.AddMilliseconds(2), DateTimeOffset.UnixEpoch.AddMilliseconds(5), Now));
        Assert.Equal(EntryId.Before(Now).ToString(), ReplayPositions.RangeOf(Stream(lastEntryId: null), from: null, to: null, Now).UpTo);
        Assert.Equal(EntryId.Before(Now).ToString(), ReplayPositions.RangeOf(Stream("0-0"), from: null, Now.AddYears(1), Now).UpTo);
    }

    private static LogReplay Request(string after, string upTo, string? cutoff)
        => new("parcels", new Replay("replay", "parcel.sent", "readers", after, upTo, ReapplyEffects: false), Rate: null, cutoff);

    private static StreamDescription Stream(string? lastEntryId) => new("parcel.sent", true, null, 0, null, lastEntryId, []);
}
