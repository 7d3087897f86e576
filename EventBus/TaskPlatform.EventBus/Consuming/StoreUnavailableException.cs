namespace TaskPlatform.EventBus;

/// <summary>The store of inbox and effects can't be reached. Nobody's fault: the event is tried again, and no attempt is spent.</summary>
internal sealed class StoreUnavailableException(Exception innerException)
    : Exception("The database of this consumer group can't be reached.", innerException);
