namespace TaskPlatform.Tests.OfficialApi;

public sealed class OfficialApiTests
{
    public static TheoryData<string> Solution => [.. BuiltAssemblies.OfSolution.Keys];

    public static TheoryData<string> StandIns => [.. BuiltAssemblies.OfStandIns.Keys.Intersect(OfficialLists.All.Keys)];

    [Theory, MemberData(nameof(Solution))]
    public void The_solution_uses_only_what_the_official_packages_have(string assembly)
        => AssertNone(UsedApi.Of(BuiltAssemblies.OfSolution[assembly]).Unlisted(OfficialLists.All).Select(use => $"{use.Assembly}: {use.Entry}"));

    // With the official packages there is no stand-in to look at.
    [Theory(SkipTestWithoutData = true), MemberData(nameof(StandIns))]
    public void A_stand_in_offers_only_what_the_official_package_has(string assembly)
        => AssertNone(OfferedApi.Of(BuiltAssemblies.OfStandIns[assembly]).Except(OfficialLists.All[assembly]));

    [Fact]
    public void Each_service_is_looked_at()
        => Assert.Superset(
            new HashSet<string>
            {
                "TaskPlatform.AppHost", "TaskPlatform.Auth", "TaskPlatform.Tasks",
                "TaskPlatform.Notifications", "TaskPlatform.Notifications.Worker",
            },
            BuiltAssemblies.OfSolution.Keys.ToHashSet());

    private static void AssertNone(IEnumerable<string> unlisted)
    {
        var lines = string.Join('\n', unlisted);
        Assert.True(lines.Length == 0, $"Not on the official list:\n{lines}");
    }
}
