namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>The service is at its capacity: 503 with <c>Retry-After</c>.</summary>
public sealed class OverloadedException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>The value of <c>Retry-After</c>.</summary>
    public TimeSpan RetryAfter => retryAfter;
}
