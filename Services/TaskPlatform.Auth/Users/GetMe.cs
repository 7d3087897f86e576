using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

internal static class GetMe
{
    public static void Map(IEndpointRouteBuilder users) => users.MapGet("/me", HandleAsync)
        .WithName(nameof(GetMe))
        .WithSummary("Returns the current user");

    private static async Task<Results<Ok<UserView>, UnauthorizedHttpResult>> HandleAsync(
        ClaimsPrincipal caller, AuthDb db, CancellationToken cancellationToken)
    {
        var id = caller.UserId;
        return await db.Users.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is { } user
            ? TypedResults.Ok(UserView.Of(user))
            : TypedResults.Unauthorized();
    }
}
