namespace TaskPlatform.EventBus;

/// <summary>The store of inbox and effects can't be reached, or refuses for now: the event is tried again, and no attempt is spent.</summary>
internal sealed class StoreUnavailableException(Exception innerException)
    : Exception("The database of this consumer group can't be used.", innerException);
