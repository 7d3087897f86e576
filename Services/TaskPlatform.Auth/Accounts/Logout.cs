using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Revocation;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Accounts;

internal static class Logout
{
    public static void Map(IEndpointRouteBuilder accounts) => accounts.MapPost("/logout", HandleAsync)
        .WithName(nameof(Logout))
        .WithSummary("Signs the caller out everywhere")
        .WithDescription("Revokes all tokens of the caller, including this one: in this service at once, in the other services and the console within 5 seconds.")
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<NoContent> HandleAsync(
        ClaimsPrincipal caller, AuthDb db, Revocations revocations, CancellationToken cancellationToken)
    {
        var id = caller.UserId;

        // If another request has already revoked this token, the user's later tokens must stay valid.
        if (await db.Users.SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is { } user && user.SecurityStamp == caller.Stamp)
        {
            await revocations.RevokeAsync(user, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }
}
