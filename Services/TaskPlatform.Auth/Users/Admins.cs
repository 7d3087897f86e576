using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

/// <summary>There is always an admin: without one, no other could be appointed.</summary>
internal static class Admins
{
    /// <summary>Until the transaction ends, no other one that calls this changes who is an admin.</summary>
    public static Task LockAdminsAsync(this AuthDb db, CancellationToken cancellationToken) => db.LockAsync("admins", cancellationToken);

    /// <summary>Saves a change after which the user is no admin any more, if there is another one.</summary>
    /// <returns>Whether it was saved.</returns>
    public static async Task<bool> TrySaveWithoutAdminAsync(this AuthDb db, User user, CancellationToken cancellationToken)
    {
        // A change that is run again after a conflict is in a transaction already.
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
