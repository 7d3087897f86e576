namespace TaskPlatform.Auth.Data;

/// <summary>A key that signs tokens for some time and verifies them until the last one has expired.</summary>
internal sealed class SigningKey
{
    /// <summary>The <c>kid</c> of the tokens.</summary>
    public required string Id { get; init; }

    /// <summary>PKCS #8.</summary>
    public required byte[] PrivateKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The end of the period in which the key signs tokens.</summary>
    public required DateTimeOffset SignsUntil { get; init; }

    /// <summary>When the last token that the key signed has expired.</summary>
    public required DateTimeOffset PublishedUntil { get; init; }
}
