using FsCheck;
using FsCheck.Fluent;

namespace TaskPlatform.EventBus.Tests.Channels;

public sealed class ChannelAssignmentTests
{
    [Fact]
    public void The_first_process_gets_all_channels()
        => Assert.All(Assign(["a"], 5).Values, owner => Assert.Equal("a", owner));

    [Fact]
    public void A_newcomer_takes_no_more_than_its_share_and_the_rest_stays()
    {
        var before = Assign(["a", "b"], 8);

        var after = Assign(["a", "b", "c"], 8, before);

        Assert.Equal(2, before.Count(channel => after[channel.Key] != channel.Value));
    }

    [Fact]
    public void Only_the_channels_of_a_process_that_goes_move()
    {
        var before = Assign(["a", "b", "c"], 9);

        var after = Assign(["a", "c"], 9, before);

        Assert.All(before.Where(channel => channel.Value != "b"), channel => Assert.Equal(channel.Value, after[channel.Key]));
        Assert.DoesNotContain("b", after.Values);
    }

    [Fact]
    public void A_channel_goes_only_to_a_process_that_can_read_it()
    {
        var members = new Dictionary<string, IReadOnlySet<string>> { ["old"] = Channels(2), ["new"] = Channels(3) };

        var assigned = ChannelAssignment.Of(members, new Dictionary<string, string> { ["0"] = "new", ["1"] = "new", ["2"] = "old" });

        Assert.Equal("new", assigned["2"]);
        Assert.Equal(3, assigned.Count);
    }

    [Fact]
    public void Every_channel_has_one_owner_and_no_two_processes_differ_by_more_than_one_channel()
    {
        var cases = from processes in Gen.Choose(1, 8)
                    from channels in Gen.Choose(0, 20)
                    from holders in Gen.ArrayOf(Gen.Choose(-3, 10), channels)
                    select (processes, holders);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var members = Enumerable.Range(0, one.processes).Select(process => $"p{process}").ToArray();
            var holders = one.holders.Select((holder, channel) => (Channel: $"{channel}", Owner: $"p{holder}")).Where((_, i) => one.holders[i] >= 0).ToDictionary();

            var assigned = Assign(members, one.holders.Length, holders);

            Assert.Equal(one.holders.Length, assigned.Count);
            var counts = members.Select(member => assigned.Values.Count(owner => owner == member)).ToList();
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            Assert.Equal(assigned, Assign(members, one.holders.Length, assigned)); // It is stable.
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));
    }

    private static IReadOnlyDictionary<string, string> Assign(string[] members, int channels, IReadOnlyDictionary<string, string>? holders = null)
        => ChannelAssignment.Of(
            members.ToDictionary(member => member, IReadOnlySet<string> (_) => Channels(channels)), holders ?? new Dictionary<string, string>());

    private static HashSet<string> Channels(int count) => Enumerable.Range(0, count).Select(channel => $"{channel}").ToHashSet();
}
