using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>How a service learns which tokens were revoked; section <c>RevokedTokens</c>.</summary>
public sealed class RevokedTokensOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "RevokedTokens";

    /// <summary>How often the list is fetched from Auth, ±10 %. A revoked token is accepted for about this long. Default 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How old the list may be for routes that require an admin: after that they are answered with 503. The others go on with the last list.
    /// Default 15 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromSeconds(15);
}
