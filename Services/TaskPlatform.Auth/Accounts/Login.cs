using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Accounts.Limits;
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
        .WithName(nameof(Login))
        .WithSummary("Issues a token for an e-mail address and a password")
        .WithDescription("The response and its duration are the same for an unknown address and a wrong password. After failed attempts the next ones are delayed (429), "
            + "but the right password is always accepted from an address from which the account has signed in before.")
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status429TooManyRequests);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        Request request, AuthDb db, PasswordHashing passwords, LoginLimits limits, Tokens tokens, HttpContext http, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors()
            .Require(!string.IsNullOrEmpty(request.Email), "email", "The e-mail address is missing.")
            .Require(!string.IsNullOrEmpty(request.Password), "password", "The password is missing.");
        if (errors.Any)
            return errors.ToProblem();

        // Such a text can't belong to an account, and the database may not be able to store it.
        var key = UserRules.IsEmail(request.Email) ? User.KeyOf(request.Email!) : "";
        using var attempt = await limits.BeginAsync(key.Length > 0 ? key : request.Email!, ClientAddress.Of(http), cancellationToken);
        if (attempt.IsRefused)
            return TooManyRequests.After(attempt.RetryAfter!.Value, http.Response);

        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(e => e.EmailKey == key, cancellationToken);
        var isValid = await passwords.VerifyAsync(user, request.Password!, cancellationToken);
        attempt.Record(isValid);
        if (!isValid)
        {
            return attempt.RetryAfter is { } wait
                ? TooManyRequests.After(wait, http.Response)
                : TypedResults.Problem("The e-mail address or the password is wrong.", statusCode: StatusCodes.Status401Unauthorized);
        }

        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new Response(
            await tokens.IssueAsync(user!, cancellationToken), "Bearer", (int)tokens.Lifetime.TotalSeconds));
    }
}
