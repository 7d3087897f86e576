namespace TaskPlatform.Tasks.Idempotency;

/// <summary>The response to a request with an Idempotency-Key; saved together with the request's changes.</summary>
internal sealed class IdempotencyRecord
{
    public const string PrimaryKey = "pk_idempotency_records";
    public const int MaxKeyLength = 255;

    public required long UserId { get; init; }

    public required string Key { get; init; }

    /// <summary>SHA-256 of the parsed request, so that whitespace and unknown members are ignored.</summary>
    public required byte[] RequestHash { get; init; }

    public required int Status { get; init; }

    public required string Location { get; init; }

    public required string ETag { get; init; }

    /// <summary>The exact JSON.</summary>
    public required string Body { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
