namespace TaskPlatform.EventBus;

/// <summary>Redis can't be reached: events wait in the log, and what an operator asked for was not done, or not to its end.</summary>
public sealed class EventTransportUnavailableException(Exception innerException)
    : Exception("Redis can't be reached.", innerException);
