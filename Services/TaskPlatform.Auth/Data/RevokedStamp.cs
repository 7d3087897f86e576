namespace TaskPlatform.Auth.Data;

/// <summary>A former security stamp of a user. Tokens that carry it are refused.</summary>
internal sealed class RevokedStamp
{
    /// <summary>A surrogate key, because two requests may revoke the same stamp at once; the user's row decides which one wins.</summary>
    public long Id { get; init; }

    public required string Stamp { get; init; }

    public required DateTimeOffset RevokedAt { get; init; }

    /// <summary>When the last token that carries the stamp has expired.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
