namespace TaskPlatform.EventBus;

/// <summary>Thrown by a handler that will never accept this event: it goes to the dead letter queue at once, as <c>rejected</c>.</summary>
public class NonRetryableException : Exception
{
    /// <summary>Says why.</summary>
    public NonRetryableException(string message)
        : base(message)
    {
    }

    /// <summary>Says why, and what was behind it.</summary>
    public NonRetryableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
