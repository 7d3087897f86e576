using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Keys;

namespace TaskPlatform.Auth.Revocation;

/// <summary>Revokes tokens before they expire.</summary>
internal sealed class Revocations(AuthDb db, IOptions<TokenOptions> options, TimeProvider time)
{
    // Clocks of the services that verify may be behind, and a login that read the old stamp may issue its token a moment later.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>Revokes every token that the user has, with the next <c>SaveChanges</c>.</summary>
    public async Task RevokeAsync(User user, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();

        // Rows that another request is removing are left to it: waiting for each other, two could deadlock.
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
