using Aspire.Hosting;

namespace TaskPlatform.Tests.AppModel;

internal static class Feed
{
    /// <summary>Whether this was built with the stand-ins; Aspire's own orchestrator is the part they don't have.</summary>
    private static readonly bool IsCurated = typeof(DistributedApplication).Assembly.GetType("Aspire.Hosting.Dcp.DcpExecutor") is null;

    public static void SkipUnlessCurated(string because) => Assert.SkipUnless(IsCurated, because);
}
