using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>How often registering and signing in may be tried; section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Registrations from one address in each <see cref="Window"/>. Default 10.</summary>
    [Range(1, 1_000_000)]
    public int Register { get; set; } = 10;

    /// <summary>Logins from one address, to any account, in each <see cref="Window"/>. Default 20.</summary>
    [Range(1, 1_000_000)]
    public int Login { get; set; } = 20;

    /// <summary>Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Failed logins to one account from one address before the next ones are delayed: by 1 s, 2 s, 4 s and so on. Default 5.</summary>
    [Range(1, 1_000_000)]
    public int LoginFailures { get; set; } = 5;

    /// <summary>Failed logins to one account from all addresses before the next ones are delayed in the same way. Default 50.</summary>
    [Range(1, 1_000_000)]
    public int AccountFailures { get; set; } = 50;

    /// <summary>The longest of these delays. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long after the last one failed logins are forgotten. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan FailureMemory { get; set; } = TimeSpan.FromHours(1);
}
