using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Users;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Accounts;

internal static class Register
{
    public sealed record Request(string? Email, string? Password, string? FullName);

    public static void Map(IEndpointRouteBuilder accounts) => accounts.MapPost("/register", HandleAsync)
        .RequireRateLimiting(AccountLimits.Register)
        .WithName(nameof(Register))
        .WithSummary("Makes an account")
        .WithDescription("Says 409 where the e-mail address has one, which a person who forgot it needs to know; "
            + "the rate limit keeps others from trying out addresses.")
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status429TooManyRequests);

    private static async Task<Results<Created<UserView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        Request request,
        AuthDb db,
        IPasswordHasher<User> passwords,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors()
            .RequireEmail(request.Email)
            .RequirePassword(request.Password)
            .RequireFullName(request.FullName);
        if (errors.Any)
            return errors.ToProblem();

        var user = Create(request.Email!, request.FullName!, Role.User, request.Password!, passwords, time.GetUtcNow());
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

    /// <summary>A new user, not saved yet.</summary>
    public static User Create(
        string email, string fullName, string role, string password, IPasswordHasher<User> passwords, DateTimeOffset now)
    {
        var user = new User
        {
            Email = email,
            EmailKey = User.KeyOf(email),
            FullName = fullName,
            Role = role,
            PasswordHash = "",
            CreatedAt = now,
            UpdatedAt = now,
        };
        user.PasswordHash = passwords.HashPassword(user, password);
        return user;
    }
}
