namespace TaskPlatform.EventBus;

/// <summary>What the transport stores under a key is of another type than the bus expects, so that an operator has to repair it.</summary>
/// <param name="message">How to repair it.</param>
/// <param name="innerException">The transport's error.</param>
public sealed class WrongKeyTypeException(string message, Exception innerException) : Exception(message, innerException);
