using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Keys;

namespace TaskPlatform.Auth.Revocation;

/// <summary>Revokes tokens before they expire.</summary>
internal sealed class Revocations(AuthDb db, IOptions<TokenOptions> options, TimeProvider time)
{
    // Tolerates verifying services whose clocks are behind, and logins that read the old stamp shortly before and issue their token afterwards.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>Revokes all tokens of the user with the next <c>SaveChanges</c>.</summary>
    public async Task RevokeAsync(User user, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();

        // Skips rows that another request is deleting, because two requests that wait for each other could deadlock.
        await db.Database.ExecuteSqlAsync(
            $"DELETE FROM revoked_stamps WHERE id IN (SELECT id FROM revoked_stamps WHERE expires_at <= {now} FOR UPDATE SKIP LOCKED)",
            cancellationToken);
        db.RevokedStamps.Add(new RevokedStamp
        {
            Stamp = user.RenewStamp(),
            RevokedAt = now,
            ExpiresAt = now + options.Value.Lifetime + Margin,
        });
    }
}
