namespace TaskPlatform.EventBus.Redis;

/// <summary>Redis refused an entry within a script, for which the driver throws no exception of its own.</summary>
/// <param name="message">The error from Redis, for example <c>WRONGTYPE …</c>.</param>
internal sealed class EntryRefusedException(string message) : Exception(message);
