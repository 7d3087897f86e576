namespace TaskPlatform.EventBus;

/// <summary>The transport is unavailable: events stay in the log, and an operator's request was not, or not completely, executed.</summary>
public sealed class EventTransportUnavailableException(Exception innerException)
    : Exception("The event transport is unavailable.", innerException);
