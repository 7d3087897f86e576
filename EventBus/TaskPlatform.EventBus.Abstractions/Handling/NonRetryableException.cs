namespace TaskPlatform.EventBus;

/// <summary>Thrown by a handler that can never handle the event, which is then dead-lettered immediately, with the reason <c>rejected</c>.</summary>
public class NonRetryableException : Exception
{
    /// <summary>Creates an exception with a message.</summary>
    public NonRetryableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and a cause.</summary>
    public NonRetryableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
