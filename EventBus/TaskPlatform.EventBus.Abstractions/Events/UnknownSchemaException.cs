namespace TaskPlatform.EventBus;

/// <summary>The payload's schema is not supported by this process; another process may support it.</summary>
public sealed class UnknownSchemaException(string message) : Exception(message);
