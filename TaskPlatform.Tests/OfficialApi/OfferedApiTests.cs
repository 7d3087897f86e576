namespace TaskPlatform.Tests.OfficialApi;

public sealed class OfferedApiTests
{
    private const string Here = "TaskPlatform.Tests.OfficialApi.OfferedApiTests";

    private static readonly IReadOnlySet<string> Offered = OfferedApi.Of(typeof(OfferedApiTests).Assembly.Location);

    [Fact]
    public void Protected_members_and_nested_types_count()
    {
        Assert.Contains($"T {Here}+Sample`1", Offered);
        Assert.Contains($"M {Here}+Sample`1::Convert``1(!0,!!0&) : System.Int32[,]", Offered);
        Assert.Contains($"M {Here}+Sample`1::get_Value() : System.Nullable`1<System.Int32>", Offered);
    }

    [Fact]
    public void What_others_can_not_see_does_not_count()
        => Assert.DoesNotContain(Offered, entry => entry.Contains($"{Here}+Hidden", StringComparison.Ordinal));

    public class Sample<T>
    {
        public int? Value { get; init; }

        protected virtual int[,] Convert<TOther>(T value, ref TOther other) => new int[1, 1];
    }

    internal static class Hidden
    {
        public static void Method()
        {
        }
    }
}
