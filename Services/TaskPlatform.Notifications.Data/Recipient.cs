namespace TaskPlatform.Notifications.Data;

/// <summary>What this service knows of a user, from user.* events alone.</summary>
public sealed class Recipient
{
    public const string AdminRole = "admin";

    /// <summary>The user's id in Auth.</summary>
    public required long Id { get; init; }

    public required string FullName { get; set; }

    public required string Role { get; set; }

    /// <summary>The version of the account that this is. Events of different types may come in any order: an older one changes nothing.</summary>
    public required long Version { get; set; }

    /// <summary>The account is gone. The row stays, so that a late event doesn't bring the user back.</summary>
    public bool Deleted { get; set; }

    /// <summary>When it was certain that nothing of a deleted user is left; null until then.</summary>
    public DateTimeOffset? ErasedAt { get; set; }
}
