using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>Limits on registrations and logins, in the section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>The maximum number of registrations from one address per <see cref="Window"/>. Default 10.</summary>
    [Range(1, 1_000_000)]
    public int Register { get; set; } = 10;

    /// <summary>The maximum number of logins from one address, to any account, per <see cref="Window"/>. Default 20.</summary>
    [Range(1, 1_000_000)]
    public int Login { get; set; } = 20;

    /// <summary>The window of both limits. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many failed logins to an account from one address are not delayed; the following ones wait 1 s, 2 s, 4 s and so on. Default 5.</summary>
    [Range(1, 1_000_000)]
    public int LoginFailures { get; set; } = 5;

    /// <summary>How many failed logins to an account from all addresses are not delayed; the following ones wait as above. Default 50.</summary>
    [Range(1, 1_000_000)]
    public int AccountFailures { get; set; } = 50;

    /// <summary>The maximum delay. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long after the last failure the failed logins are forgotten. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan FailureMemory { get; set; } = TimeSpan.FromHours(1);
}
