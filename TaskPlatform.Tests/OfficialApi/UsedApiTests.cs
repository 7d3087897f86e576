using System.Collections.Immutable;

namespace TaskPlatform.Tests.OfficialApi;

public sealed class UsedApiTests
{
    private static readonly IReadOnlySet<ApiReference> Used = UsedApi.Of(typeof(UsedApiTests).Assembly.Location);

    [Theory]
    [InlineData("T System.Collections.Immutable.ImmutableStack`1+Enumerator")]
    [InlineData("M System.Collections.Immutable.ImmutableStack::Create``1(!!0[]) : System.Collections.Immutable.ImmutableStack`1<!!0>")]
    [InlineData("M System.Collections.Immutable.ImmutableStack`1::Pop(!0&) : System.Collections.Immutable.ImmutableStack`1<!0>")]
    [InlineData("M System.Collections.Immutable.ImmutableStack`1+Enumerator::MoveNext() : System.Boolean")]
    [InlineData("F System.Collections.Immutable.ImmutableArray`1::Empty")]
    public void A_reference_is_written_as_in_the_lists(string entry)
    {
        string[] items = ["a", "b"];
        ImmutableStack.Create<string>(items: items).Pop(out _).GetEnumerator().MoveNext();
        Assert.Empty(ImmutableArray<string>.Empty);

        Assert.Contains(new ApiReference("System.Collections.Immutable", entry), Used);
    }

    [Fact]
    public void A_member_that_is_not_listed_is_found()
    {
        const string listed = "T System.Collections.Immutable.ImmutableStack";
        var lists = new Dictionary<string, IReadOnlySet<string>> { ["System.Collections.Immutable"] = new HashSet<string> { listed } };

        var unlisted = Used.Unlisted(lists).Select(reference => reference.Entry).ToList();

        Assert.Contains("F System.Collections.Immutable.ImmutableArray`1::Empty", unlisted);
        Assert.DoesNotContain(listed, unlisted);
    }

    [Fact]
    public void An_assembly_without_a_list_may_be_used_freely()
        => Assert.Empty(Used.Unlisted(new Dictionary<string, IReadOnlySet<string>>()));
}
