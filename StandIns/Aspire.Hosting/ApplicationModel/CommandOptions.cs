namespace Aspire.Hosting.ApplicationModel;

/// <summary>How a command looks, and when it can be used.</summary>
public class CommandOptions
{
    public string? Description { get; set; }

    /// <summary>Asked before the command is executed.</summary>
    public string? ConfirmationMessage { get; set; }

    /// <summary>The name of a Fluent UI icon.</summary>
    public string? IconName { get; set; }

    public IconVariant? IconVariant { get; set; }

    /// <summary>Whether it has a button of its own instead of an entry in a menu.</summary>
    public bool IsHighlighted { get; set; }

    /// <summary>Asked whenever something about the resource changes. Null: always enabled.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }
}

public sealed class UpdateCommandStateContext
{
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }

    public required IServiceProvider Services { get; init; }
}

public enum ResourceCommandState
{
    Enabled,
    Disabled,
    Hidden,
}

public enum IconVariant
{
    Regular,
    Filled,
}
