namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

internal static class Pacing
{
    /// <summary>How long a job with a rate limit must wait after it has processed some entries.</summary>
    public static TimeSpan PauseAfter(long done, int? rate) => rate is { } limit ? TimeSpan.FromSeconds((double)done / limit) : TimeSpan.Zero;
}
