namespace TaskPlatform.Auth.Data;

/// <summary>A key that tokens are signed with for a while, and verified with for as long as such a token may live.</summary>
internal sealed class SigningKey
{
    /// <summary>The <c>kid</c> of the tokens.</summary>
    public required string Id { get; init; }

    /// <summary>PKCS #8.</summary>
    public required byte[] PrivateKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>No token is signed with it any more.</summary>
    public required DateTimeOffset SignsUntil { get; init; }

    /// <summary>Its last token has expired.</summary>
    public required DateTimeOffset PublishedUntil { get; init; }
}
