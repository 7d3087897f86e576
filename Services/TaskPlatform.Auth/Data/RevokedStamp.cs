namespace TaskPlatform.Auth.Data;

/// <summary>A security stamp that a user no longer has: every token that carries it is refused.</summary>
internal sealed class RevokedStamp
{
    /// <summary>Two requests may revoke the same stamp at once: the user's row, not a key of this one, says which of them was first.</summary>
    public long Id { get; init; }

    public required string Stamp { get; init; }

    public required DateTimeOffset RevokedAt { get; init; }

    /// <summary>The last token that carries it has expired.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
