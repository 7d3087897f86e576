using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.Auth.Keys;

/// <summary>How long tokens and the keys behind them live; section <c>Tokens</c>.</summary>
internal sealed class TokenOptions
{
    public const string Section = "Tokens";

    private static readonly TimeSpan MaxPublishedAhead = TimeSpan.FromMinutes(15);

    /// <summary>How long a token is good for. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a key signs tokens before a new one takes over. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a key is published before it signs: longer than the other services keep their copy of the keys.</summary>
    public TimeSpan PublishedAhead => KeyLifetime / 2 < MaxPublishedAhead ? KeyLifetime / 2 : MaxPublishedAhead;
}
