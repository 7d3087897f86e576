using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Idempotency;

/// <summary>Does what a request asks for once, however often it is sent under the same Idempotency-Key.</summary>
internal sealed class IdempotencyStore(TasksDb db, IOptions<JsonOptions> json, TimeProvider time)
{
    public const string Header = "Idempotency-Key";

    private readonly JsonSerializerOptions options = json.Value.SerializerOptions;

    /// <summary>Writes a response's body.</summary>
    public string Write<T>(T body) => JsonSerializer.Serialize(body, options);

    /// <summary>Saves what <paramref name="change"/> makes, or answers as the first time.</summary>
    /// <param name="userId">Keys are each user's own.</param>
    /// <param name="key">Null: nothing is remembered.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="change">Adds it to <see cref="TasksDb"/>, unsaved, and says what to answer.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The response; null where the key was used for another request.</returns>
    public async Task<StoredResponse?> OnceAsync<TRequest>(
        long userId, string? key, TRequest request, Func<Task<StoredResponse>> change, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            var plain = await change();
            await db.SaveChangesAsync(cancellationToken);
            return plain;
        }

        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, options));
        if (await FindAsync(userId, key, cancellationToken) is { } before)
            return Repeat(before, hash);

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
            // The same request came twice at once, and the other one was faster. Nothing of ours was saved.
            db.ChangeTracker.Clear();
            return Repeat(await FindAsync(userId, key, cancellationToken) ?? throw new InvalidOperationException("The key is taken, but by nobody.", failure), hash);
        }
    }

    private Task<IdempotencyRecord?> FindAsync(long userId, string key, CancellationToken cancellationToken)
        => db.IdempotencyRecords.AsNoTracking().SingleOrDefaultAsync(e => e.UserId == userId && e.Key == key, cancellationToken);

    private static StoredResponse? Repeat(IdempotencyRecord record, byte[] hash)
        => record.RequestHash.AsSpan().SequenceEqual(hash) ? new StoredResponse(record.Status, record.Location, record.ETag, record.Body) : null;
}
