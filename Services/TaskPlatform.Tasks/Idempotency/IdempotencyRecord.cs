namespace TaskPlatform.Tasks.Idempotency;

/// <summary>What a user was answered under an Idempotency-Key; saved together with what the request changed.</summary>
internal sealed class IdempotencyRecord
{
    public const string PrimaryKey = "pk_idempotency_records";
    public const int MaxKeyLength = 255;

    public required long UserId { get; init; }

    public required string Key { get; init; }

    /// <summary>SHA-256 of the request as it was understood, so that spacing and unknown members don't count.</summary>
    public required byte[] RequestHash { get; init; }

    public required int Status { get; init; }

    public required string Location { get; init; }

    public required string ETag { get; init; }

    /// <summary>JSON, to the letter.</summary>
    public required string Body { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
