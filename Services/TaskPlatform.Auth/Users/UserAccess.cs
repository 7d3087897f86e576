using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

/// <summary>Access to accounts: users have access to their own, admins to all.</summary>
internal static class UserAccess
{
    public static bool CanAccess(this ClaimsPrincipal caller, long id) => caller.IsAdmin || caller.UserId == id;

    public static ProblemHttpResult NotFound(long id)
        => TypedResults.Problem($"There is no user {id}.", statusCode: StatusCodes.Status404NotFound);

    public static ProblemHttpResult Forbidden(string detail)
        => TypedResults.Problem(detail, statusCode: StatusCodes.Status403Forbidden);

    public static ProblemHttpResult AccessDenied() => Forbidden("Only the user or an admin may do this.");

    public static ProblemHttpResult LastAdmin() => TypedResults.Problem(
        "This is the only admin. Make another user an admin first.", statusCode: StatusCodes.Status409Conflict);

    public static ProblemHttpResult EmailTaken()
        => TypedResults.Problem("There is already an account with this e-mail address.", statusCode: StatusCodes.Status409Conflict);
}
