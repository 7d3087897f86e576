namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>A group with its consumers, and the oldest of what it holds.</summary>
public sealed record GroupContent(
    GroupDescription Group, IReadOnlyList<ConsumerDescription> Consumers, IReadOnlyList<PendingEntry> Pending);
