using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;

namespace TaskPlatform.Auth.Keys;

/// <summary>The signing keys in the database.</summary>
internal sealed partial class KeyRing(AuthDb db, IOptions<TokenOptions> options, TimeProvider time, ILogger<KeyRing> logger)
{
    // Tolerates verifying services whose clocks are behind.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>Returns all keys that may have signed a valid token, newest first. Creates the next key when it is due.</summary>
    public async Task<List<SigningKey>> ReadAsync(CancellationToken cancellationToken)
    {
        var keys = await QueryAsync(cancellationToken);
        return IsNextDue(keys) ? await CreateNextAsync(cancellationToken) : keys;
    }

    /// <summary>Whether the newest key's signing period ends so soon that its successor must be published now.</summary>
    public bool IsNextDue(IReadOnlyList<SigningKey> newestFirst)
        => newestFirst is not [var newest, ..] || newest.SignsUntil - options.Value.PublishedAhead <= time.GetUtcNow();

    private Task<List<SigningKey>> QueryAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return db.SigningKeys.AsNoTracking()
            .Where(key => key.PublishedUntil > now)
            .OrderByDescending(key => key.CreatedAt)
            .ToListAsync(cancellationToken);
    }

    // Several processes may get here at once; the lock lets only one of them create the key.
    private async Task<List<SigningKey>> CreateNextAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.LockAsync("signing-keys", cancellationToken);

        var keys = await QueryAsync(cancellationToken);
        if (IsNextDue(keys))
        {
            var now = time.GetUtcNow();
            var key = Create(now, signsFrom: keys is [var newest, ..] && newest.SignsUntil > now ? newest.SignsUntil : now);
            db.SigningKeys.Add(key);
            await db.SaveChangesAsync(cancellationToken);
            await db.SigningKeys.Where(old => old.PublishedUntil <= now).ExecuteDeleteAsync(cancellationToken);
            keys.Insert(0, key);
            LogCreated(key.Id, key.SignsUntil);
        }

        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    private SigningKey Create(DateTimeOffset now, DateTimeOffset signsFrom)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signsUntil = signsFrom + options.Value.KeyLifetime;
        return new SigningKey
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            PrivateKey = ecdsa.ExportPkcs8PrivateKey(),
            CreatedAt = now,
            SignsUntil = signsUntil,
            PublishedUntil = signsUntil + options.Value.Lifetime + Margin,
        };
    }

    [LoggerMessage(LogLevel.Information, "Created the key {KeyId}; it signs tokens until {SignsUntil:O}")]
    private partial void LogCreated(string keyId, DateTimeOffset signsUntil);
}
