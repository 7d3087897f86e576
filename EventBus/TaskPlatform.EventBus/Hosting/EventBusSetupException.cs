namespace TaskPlatform.EventBus;

/// <summary>A bus can't start. The message is one sentence that says what to fix.</summary>
public sealed class EventBusSetupException(string message, Exception? innerException = null) : InvalidOperationException(message, innerException);
