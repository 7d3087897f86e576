using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

/// <summary>Ensures that there is always an admin; without one, no user could become an admin again.</summary>
internal static class Admins
{
    /// <summary>Blocks other transactions that change who is an admin until the current transaction ends.</summary>
    public static Task LockAdminsAsync(this AuthDb db, CancellationToken cancellationToken) => db.LockAsync("admins", cancellationToken);

    /// <summary>Saves a change after which the user is no longer an admin, provided that there is another admin.</summary>
    /// <returns>Whether the change was saved.</returns>
    public static async Task<bool> TrySaveWithoutAdminAsync(this AuthDb db, User user, CancellationToken cancellationToken)
    {
        // When a conflict is retried, the change already runs in a transaction.
        await using var transaction = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(cancellationToken) : null;
        await db.LockAdminsAsync(cancellationToken);
        if (!await db.Users.AnyAsync(other => other.Role == Role.Admin && other.Id != user.Id, cancellationToken))
            return false;

        await db.SaveChangesAsync(cancellationToken);
        if (transaction is not null)
            await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
