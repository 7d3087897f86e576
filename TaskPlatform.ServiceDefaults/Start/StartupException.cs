namespace TaskPlatform.ServiceDefaults.Start;

/// <summary>The service can't start. The message is one sentence that says what to fix.</summary>
public sealed class StartupException : Exception
{
    /// <summary>Creates the exception with what to fix and the cause.</summary>
    public StartupException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
