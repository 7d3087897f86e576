namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something that can be done with a resource, by its name in code and by its display name on the dashboard.</summary>
public sealed class ResourceCommandAnnotation(
    string name,
    string displayName,
    Func<UpdateCommandStateContext, ResourceCommandState> updateState,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
    string? displayDescription,
    object? parameter,
    string? confirmationMessage,
    string? iconName,
    IconVariant? iconVariant,
    bool isHighlighted) : IResourceAnnotation
{
    public string Name { get; } = name;

    public string DisplayName { get; } = displayName;

    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; } = updateState;

    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;

    public string? DisplayDescription { get; } = displayDescription;

    public object? Parameter { get; } = parameter;

    public string? ConfirmationMessage { get; } = confirmationMessage;

    public string? IconName { get; } = iconName;

    public IconVariant? IconVariant { get; } = iconVariant;

    public bool IsHighlighted { get; } = isHighlighted;

    internal ResourceCommandSnapshot Describe(CustomResourceSnapshot resource, IServiceProvider services) => new(
        Name,
        UpdateState(new UpdateCommandStateContext { ResourceSnapshot = resource, Services = services }),
        DisplayName,
        DisplayDescription,
        Parameter,
        ConfirmationMessage,
        IconName,
        IconVariant,
        IsHighlighted);
}
