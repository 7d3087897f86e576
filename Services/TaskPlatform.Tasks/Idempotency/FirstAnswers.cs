using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Idempotency;

/// <summary>Does what a request asks for once, however often it is sent under the same Idempotency-Key.</summary>
internal sealed class FirstAnswers(TasksDb db, IOptions<JsonOptions> json, TimeProvider time)
{
    public const string Header = "Idempotency-Key";

    private readonly JsonSerializerOptions options = json.Value.SerializerOptions;

    /// <summary>Writes an answer's body.</summary>
    public string Write<T>(T body) => JsonSerializer.Serialize(body, options);

    /// <summary>Saves what <paramref name="change"/> makes, or answers as the first time.</summary>
    /// <param name="userId">Keys are each user's own.</param>
    /// <param name="key">Null: nothing is remembered.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="change">Adds it to <see cref="TasksDb"/>, unsaved, and says what to answer.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The answer; null where the key was used for another request.</returns>
    public async Task<GivenAnswer?> OnceAsync<TRequest>(
        long userId, string? key, TRequest request, Func<Task<GivenAnswer>> change, CancellationToken cancellationToken)
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

        var answer = await change();
        db.FirstAnswers.Add(new FirstAnswer
        {
            UserId = userId,
            Key = key,
            RequestHash = hash,
            Status = answer.Status,
            Location = answer.Location,
            ETag = answer.ETag,
            Body = answer.Body,
            CreatedAt = time.GetUtcNow(),
        });
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return answer;
        }
        catch (DbUpdateException failure) when (DatabaseFailure.IsDuplicate(failure, FirstAnswer.PrimaryKey))
        {
            // The same request came twice at once, and the other one was faster. Nothing of ours was saved.
            db.ChangeTracker.Clear();
            return Repeat(await FindAsync(userId, key, cancellationToken) ?? throw new InvalidOperationException("The key is taken, but by nobody.", failure), hash);
        }
    }

    private Task<FirstAnswer?> FindAsync(long userId, string key, CancellationToken cancellationToken)
        => db.FirstAnswers.AsNoTracking().SingleOrDefaultAsync(e => e.UserId == userId && e.Key == key, cancellationToken);

    private static GivenAnswer? Repeat(FirstAnswer first, byte[] hash)
        => first.RequestHash.AsSpan().SequenceEqual(hash) ? new GivenAnswer(first.Status, first.Location, first.ETag, first.Body) : null;
}
