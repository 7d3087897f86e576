namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>The service has as much work as it accepts: 503, and when to try again.</summary>
public sealed class OverloadedException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter => retryAfter;
}
