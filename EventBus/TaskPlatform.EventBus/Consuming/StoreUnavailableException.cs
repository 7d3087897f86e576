namespace TaskPlatform.EventBus;

/// <summary>The store of inbox and effects is unreachable or refuses writes: the event is handled later, without using up an attempt.</summary>
internal sealed class StoreUnavailableException(Exception innerException)
    : Exception("The database of this consumer group is unavailable.", innerException);
