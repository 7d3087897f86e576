using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;

namespace TaskPlatform.Auth.Keys;

/// <summary>The keys in the database.</summary>
internal sealed partial class KeyRing(AuthDb db, IOptions<TokenOptions> options, TimeProvider time, ILogger<KeyRing> logger)
{
    // Verifiers' clocks may be behind.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>Every key that a valid token may be signed with, the newest first.</summary>
    public Task<List<SigningKey>> ReadAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return db.SigningKeys.AsNoTracking()
            .Where(key => key.PublishedUntil > now)
            .OrderByDescending(key => key.CreatedAt)
            .ToListAsync(cancellationToken);
    }

    /// <summary>The same, and makes a key first where none signs any more: one, however many processes want one.</summary>
    public async Task<List<SigningKey>> RenewAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.LockAsync("signing-keys", cancellationToken);

        var keys = await ReadAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (keys.Count == 0 || keys[0].SignsUntil <= now)
        {
            var key = Create(now);
            db.SigningKeys.Add(key);
            await db.SaveChangesAsync(cancellationToken);
            await db.SigningKeys.Where(old => old.PublishedUntil <= now).ExecuteDeleteAsync(cancellationToken);
            keys.Insert(0, key);
            LogCreated(key.Id, key.SignsUntil);
        }

        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    private SigningKey Create(DateTimeOffset now)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signsUntil = now + options.Value.KeyLifetime;
        return new SigningKey
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            PrivateKey = ecdsa.ExportPkcs8PrivateKey(),
            CreatedAt = now,
            SignsUntil = signsUntil,
            PublishedUntil = signsUntil + options.Value.Lifetime + Margin,
        };
    }

    [LoggerMessage(LogLevel.Information, "Tokens are signed with the new key {KeyId} until {SignsUntil:O}")]
    private partial void LogCreated(string keyId, DateTimeOffset signsUntil);
}
