namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

internal static class Pacing
{
    /// <summary>How long a job that may do so many a second waits after it has done some.</summary>
    public static TimeSpan PauseAfter(long done, int? rate) => rate is { } limit ? TimeSpan.FromSeconds((double)done / limit) : TimeSpan.Zero;
}
