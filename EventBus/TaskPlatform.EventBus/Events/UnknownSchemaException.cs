namespace TaskPlatform.EventBus;

/// <summary>An event's payload has a schema that this process can't read; another process may.</summary>
internal sealed class UnknownSchemaException(string message) : Exception(message);
