using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Tests.Postgres;

public sealed class StreamWatchTests
{
    private readonly StreamWatch watch = new();

    [Fact]
    public void The_first_reading_shows_a_change_only_if_a_known_entry_is_missing()
    {
        Assert.Equal(StreamChange.None, watch.Compare(Reading(), sentinel: null));
        Assert.Equal(StreamChange.None, watch.Compare(Reading(), sentinel: true));
        Assert.Equal(StreamChange.Recreated, watch.Compare(Reading(), sentinel: false));
    }

    [Theory]
    [InlineData(0, null, nameof(StreamChange.None))]
    [InlineData(0, true, nameof(StreamChange.None))]
    [InlineData(1, null, nameof(StreamChange.EntriesRemoved))]
    [InlineData(1, true, nameof(StreamChange.EntriesRemoved))]
    [InlineData(0, false, nameof(StreamChange.EntriesRemoved))]
    public void A_stream_with_the_same_groups_can_only_have_lost_entries(long removed, bool? sentinel, string change)
    {
        watch.Accept(Reading(removed: 0));

        Assert.Equal(change, watch.Compare(Reading(removed), sentinel).ToString());
    }

    [Fact]
    public void A_stream_whose_group_was_created_again_was_recreated_unless_it_still_has_a_known_entry()
    {
        watch.Accept(Reading());

        Assert.Equal(StreamChange.Recreated, watch.Compare(Reading(since: "later"), sentinel: null));
        Assert.Equal(StreamChange.Recreated, watch.Compare(Reading(since: "later"), sentinel: false));
        Assert.Equal(StreamChange.None, watch.Compare(Reading(since: "later"), sentinel: true));
    }

    [Fact]
    public void A_stream_that_no_longer_exists_was_recreated()
    {
        watch.Accept(Reading());

        Assert.Equal(StreamChange.Recreated, watch.Compare(new StreamReading("parcel.sent", Exists: false, Removed: 0, []), sentinel: null));
    }

    [Fact]
    public void A_group_that_reappears_on_another_stream_is_recognized()
    {
        watch.Accept(Reading());
        watch.Accept(new StreamReading("parcel.sent", Exists: true, Removed: 0, []));

        Assert.Equal(StreamChange.Recreated, watch.Compare(Reading(since: "later"), sentinel: null));
    }

    [Fact]
    public void Verification_is_paused_after_one_that_took_long()
    {
        Assert.False(watch.IsPaused("parcel.sent"));

        watch.RecordVerification("parcel.sent", started: System.Diagnostics.Stopwatch.GetTimestamp() - (60 * System.Diagnostics.Stopwatch.Frequency));

        Assert.True(watch.IsPaused("parcel.sent"));
        Assert.False(watch.IsPaused("letter.lost"));
    }

    private static StreamReading Reading(long removed = 0, string since = "first")
        => new("parcel.sent", Exists: true, removed, [new GroupReading("readers", since, "1-0")]);
}
