using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Revocation;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

internal static class DeleteUser
{
    public static void Map(IEndpointRouteBuilder users) => users.MapDelete("/{id:long}", HandleAsync)
        .WithName(nameof(DeleteUser))
        .WithSummary("Deletes a user")
        .WithDescription("Allowed for the user and for admins. The user's tokens are refused by this service at once and by the other services within 5 seconds. "
            + "The only admin can't be deleted.")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        long id, ClaimsPrincipal caller, AuthDb db, Revocations revocations, CancellationToken cancellationToken)
    {
        if (!caller.CanAccess(id))
            return UserAccess.AccessDenied();
        if (await db.Users.FindAsync([id], cancellationToken) is not { } user)
            return UserAccess.NotFound(id);

        await revocations.RevokeAsync(user, cancellationToken);
        db.Users.Remove(user);
        db.Publish(UserEvents.Deleted(user), user.Version + 1);
        if (user.Role != Role.Admin)
            await db.SaveChangesAsync(cancellationToken);
        else if (!await db.TrySaveWithoutAdminAsync(user, cancellationToken))
            return UserAccess.LastAdmin();

        return TypedResults.NoContent();
    }
}
