namespace TaskPlatform.EventBus;

/// <summary>A stream entry is not a valid event; the message describes the problem.</summary>
internal sealed class UnreadableEventException : Exception
{
    public UnreadableEventException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
