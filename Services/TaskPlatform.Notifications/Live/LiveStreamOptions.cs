using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.Notifications.Live;

/// <summary>Options for live streams, in the section <c>LiveStreams</c>.</summary>
internal sealed class LiveStreamOptions
{
    public const string Section = "LiveStreams";

    /// <summary>The maximum number of open streams per user and process. Another one ends the user's oldest stream. Default 20.</summary>
    [Range(1, 10_000)]
    public int MaxPerUser { get; set; } = 20;
}
