namespace TaskPlatform.ServiceDefaults.Start;

/// <summary>The service can't start; the message is one sentence that says what to set right.</summary>
public sealed class StartupException : Exception
{
    /// <summary>Says what to set right, and what was behind it.</summary>
    public StartupException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
