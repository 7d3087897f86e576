namespace TaskPlatform.EventBus;

/// <summary>A key in Redis has the wrong type. An operator has to fix that with redis-cli.</summary>
public sealed class WrongKeyTypeException(Exception innerException)
    : Exception("A key of the event bus has the wrong type. Check it with redis-cli TYPE, and rename or delete it.", innerException);
