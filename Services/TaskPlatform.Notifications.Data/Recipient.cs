namespace TaskPlatform.Notifications.Data;

/// <summary>What this service knows about a user, from user.* events only.</summary>
public sealed class Recipient
{
    public const string AdminRole = "admin";

    /// <summary>The user's id in Auth.</summary>
    public required long Id { get; init; }

    public required string FullName { get; set; }

    public required string Role { get; set; }

    /// <summary>The version of the account on which the row is based. Events of different types arrive in any order; older ones are ignored.</summary>
    public required long Version { get; set; }

    /// <summary>Whether the account was deleted. The row is kept, so that a late event doesn't restore the user.</summary>
    public bool Deleted { get; set; }

    /// <summary>When all data of the deleted user was certain to be erased; null until then.</summary>
    public DateTimeOffset? ErasedAt { get; set; }
}
