namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>A group with its consumers and its oldest pending entries.</summary>
public sealed record GroupContent(
    GroupDescription Group, IReadOnlyList<ConsumerDescription> Consumers, IReadOnlyList<PendingEntry> Pending);
