using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;

namespace TaskPlatform.Auth.Users;

internal static class GetUser
{
    public static void Map(IEndpointRouteBuilder users) => users.MapGet("/{id:long}", HandleAsync)
        .WithName(nameof(GetUser))
        .WithSummary("Returns a user, to that user or an admin")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<UserView>, ProblemHttpResult>> HandleAsync(
        long id, ClaimsPrincipal caller, AuthDb db, CancellationToken cancellationToken)
    {
        if (!caller.CanAccess(id))
            return UserAccess.AccessDenied();

        return await db.Users.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is { } user
            ? TypedResults.Ok(UserView.Of(user))
            : UserAccess.NotFound(id);
    }
}
