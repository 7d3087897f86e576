namespace TaskPlatform.EventBus.Redis;

/// <summary>A stream did not take an entry; the driver's own exception is the driver's to make.</summary>
/// <param name="message">What Redis said, for example <c>WRONGTYPE …</c>.</param>
internal sealed class EntryRefusedException(string message) : Exception(message);
