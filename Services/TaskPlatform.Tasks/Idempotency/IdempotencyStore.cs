using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Idempotency;

/// <summary>Executes a request once, no matter how often it is sent under the same Idempotency-Key.</summary>
internal sealed class IdempotencyStore(TasksDb db, IOptions<JsonOptions> json, TimeProvider time)
{
    public const string Header = "Idempotency-Key";

    private readonly JsonSerializerOptions options = json.Value.SerializerOptions;

    /// <summary>Serializes a response's body.</summary>
    public string Write<T>(T body) => JsonSerializer.Serialize(body, options);

    /// <summary>Saves what <paramref name="change"/> adds, or returns the stored response.</summary>
    /// <param name="userId">The user, to whom the key belongs.</param>
    /// <param name="key">The key. If it is null, no response is stored.</param>
    /// <param name="request">The request, for comparison with a later one.</param>
    /// <param name="change">Adds the changes to <see cref="TasksDb"/> without saving them, and returns the response.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The response; null if the key was used for a different request.</returns>
    public async Task<StoredResponse?> OnceAsync<TRequest>(
        long userId, string? key, TRequest request, Func<Task<StoredResponse>> change, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            var unsaved = await change();
            await db.SaveChangesAsync(cancellationToken);
            return unsaved;
        }

        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, options));
        if (await FindAsync(userId, key, cancellationToken) is { } stored)
            return Repeat(stored, hash);

        var response = await change();
        db.IdempotencyRecords.Add(new IdempotencyRecord
        {
            UserId = userId,
            Key = key,
            RequestHash = hash,
            Status = response.Status,
            Location = response.Location,
            ETag = response.ETag,
            Body = response.Body,
            CreatedAt = time.GetUtcNow(),
        });
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return response;
        }
        catch (DbUpdateException failure) when (DatabaseFailure.IsDuplicate(failure, IdempotencyRecord.PrimaryKey))
        {
            // A concurrent request with the same key was saved first, and none of our changes were.
            db.ChangeTracker.Clear();
            return Repeat(await FindAsync(userId, key, cancellationToken) ?? throw new InvalidOperationException("The key exists, but its record was not found.", failure), hash);
        }
    }

    private Task<IdempotencyRecord?> FindAsync(long userId, string key, CancellationToken cancellationToken)
        => db.IdempotencyRecords.AsNoTracking().SingleOrDefaultAsync(e => e.UserId == userId && e.Key == key, cancellationToken);

    private static StoredResponse? Repeat(IdempotencyRecord record, byte[] hash)
        => record.RequestHash.AsSpan().SequenceEqual(hash) ? new StoredResponse(record.Status, record.Location, record.ETag, record.Body) : null;
}
