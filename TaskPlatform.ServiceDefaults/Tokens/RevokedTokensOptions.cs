using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Options for polling the list of revoked tokens, in the section <c>RevokedTokens</c>.</summary>
public sealed class RevokedTokensOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "RevokedTokens";

    /// <summary>How often the list is fetched from Auth, ±10 %. A revoked token is accepted for about this long. Default 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The maximum age of the list for admin routes; when it is older, they answer 503. Other routes keep using the last list.
    /// Default 15 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromSeconds(15);
}
