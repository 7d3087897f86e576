using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.Auth.Keys;

/// <summary>The lifetimes of tokens and signing keys, in the section <c>Tokens</c>.</summary>
internal sealed class TokenOptions
{
    public const string Section = "Tokens";

    private static readonly TimeSpan MaxPublishedAhead = TimeSpan.FromMinutes(15);

    /// <summary>The lifetime of a token. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a key signs tokens before the next one replaces it. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long before its first use a key is published: longer than other services cache the keys.</summary>
    public TimeSpan PublishedAhead => KeyLifetime / 2 < MaxPublishedAhead ? KeyLifetime / 2 : MaxPublishedAhead;
}
