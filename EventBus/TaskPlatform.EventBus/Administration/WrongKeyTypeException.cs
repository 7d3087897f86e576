namespace TaskPlatform.EventBus;

/// <summary>A key in Redis is of another kind than the bus needs. It takes somebody with redis-cli to mend that.</summary>
public sealed class WrongKeyTypeException(Exception innerException)
    : Exception("A key of the event bus holds a value of another kind. Look at it with redis-cli TYPE, and rename or delete it.", innerException);
