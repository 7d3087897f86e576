using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Accounts.Limits;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Users;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Accounts;

internal static class Register
{
    public sealed record Request(string? Email, string? Password, string? FullName);

    public static void Map(IEndpointRouteBuilder accounts) => accounts.MapPost("/register", HandleAsync)
        .WithName(nameof(Register))
        .WithSummary("Creates an account")
        .WithDescription("Answers 409 if the e-mail address already has an account, which a person who forgot about it needs to know; "
            + "the rate limit makes it impractical to probe addresses.")
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status429TooManyRequests);

    private static async Task<Results<Created<UserView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        Request request,
        AuthDb db,
        PasswordHashing passwords,
        RegistrationLimit limit,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken)
    {
        var wait = limit.Take(ClientAddress.Of(http));
        if (wait > TimeSpan.Zero)
            return TooManyRequests.After(wait, http.Response);

        var errors = new FieldErrors()
            .RequireEmail(request.Email)
            .RequirePassword(request.Password, request.Email)
            .RequireFullName(request.FullName);
        if (errors.Any)
            return errors.ToProblem();

        var hash = await passwords.HashAsync(request.Password!, cancellationToken);
        var user = Create(request.Email!, request.FullName!, Role.User, hash, time.GetUtcNow());
        await db.Users.AddAsync(user, cancellationToken);
        db.Publish(UserEvents.Created(user), user.Version, user.UpdatedAt);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException failure) when (DatabaseFailure.IsDuplicate(failure, User.UniqueEmail))
        {
            return UserAccess.EmailTaken();
        }

        return TypedResults.Created($"/api/users/{user.Id}", UserView.Of(user));
    }

    /// <summary>Creates a user without saving it.</summary>
    public static User Create(string email, string fullName, string role, string passwordHash, DateTimeOffset now) => new()
    {
        Email = email,
        EmailKey = User.KeyOf(email),
        FullName = fullName,
        Role = role,
        PasswordHash = passwordHash,
        CreatedAt = now,
        UpdatedAt = now,
    };
}
