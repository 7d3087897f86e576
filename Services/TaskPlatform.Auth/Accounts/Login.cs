using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Keys;
using TaskPlatform.Auth.Users;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Auth.Accounts;

internal static class Login
{
    public sealed record Request(string? Email, string? Password);

    public sealed record Response(string AccessToken, string TokenType, int ExpiresIn);

    public static void Map(IEndpointRouteBuilder accounts) => accounts.MapPost("/login", HandleAsync)
        .RequireRateLimiting(AccountLimits.Login)
        .WithName(nameof(Login))
        .WithSummary("Gives a token for an e-mail address and a password")
        .WithDescription("Answers alike, and in like time, for an unknown address and a wrong password.")
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status429TooManyRequests);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        Request request, AuthDb db, PasswordCheck passwords, Tokens tokens, HttpResponse response, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors()
            .Require(!string.IsNullOrEmpty(request.Email), "email", "The e-mail address is missing.")
            .Require(!string.IsNullOrEmpty(request.Password), "password", "The password is missing.");
        if (errors.Any)
            return errors.ToProblem();

        // What can't be an address belongs to nobody, and the database needn't be able to store it.
        var key = UserRules.IsEmail(request.Email) ? User.KeyOf(request.Email!) : "";
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(e => e.EmailKey == key, cancellationToken);
        if (!passwords.IsRight(user, request.Password!))
            return TypedResults.Problem("The e-mail address or the password is wrong.", statusCode: StatusCodes.Status401Unauthorized);

        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new Response(
            await tokens.IssueAsync(user!, cancellationToken), "Bearer", (int)tokens.Lifetime.TotalSeconds));
    }
}
