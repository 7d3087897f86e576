namespace TaskPlatform.Tests.AppHost;

internal static class TimeLimit
{
    /// <summary>Creates a token source that is cancelled with the test or at the limit.</summary>
    public static CancellationTokenSource Of(TimeSpan limit)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(limit);
        return source;
    }
}
