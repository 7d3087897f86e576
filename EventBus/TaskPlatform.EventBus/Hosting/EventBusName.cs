namespace TaskPlatform.EventBus;

/// <summary>The name of the bus that a part belongs to. Services that a bus registers in the application have it as their key.</summary>
/// <param name="Value">The name; null for the default bus, whose services have no key.</param>
public sealed record EventBusName(string? Value);
