namespace TaskPlatform.EventBus;

/// <summary>A stream entry is not an event; the message says why.</summary>
internal sealed class UnreadableEventException : Exception
{
    public UnreadableEventException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
