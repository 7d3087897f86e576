using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.Notifications.Live;

/// <summary>The live streams; section <c>LiveStreams</c>.</summary>
internal sealed class LiveStreamOptions
{
    public const string Section = "LiveStreams";

    /// <summary>How many streams a user may have open in one process. One more ends the user's oldest. Default 20.</summary>
    [Range(1, 10_000)]
    public int MaxPerUser { get; set; } = 20;
}
