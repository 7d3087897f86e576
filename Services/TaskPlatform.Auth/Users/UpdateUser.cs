using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Accounts;
using TaskPlatform.Auth.Accounts.Limits;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Revocation;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

internal static class UpdateUser
{
    /// <summary>Omitted members, and those that are null, stay unchanged.</summary>
    /// <param name="Email">The new e-mail address.</param>
    /// <param name="FullName">The new name.</param>
    /// <param name="Role">user or admin.</param>
    /// <param name="Password">The new password.</param>
    /// <param name="CurrentPassword">The caller's own password, even if the user is another one, so that a stolen token alone can't take over an account.</param>
    public sealed record Request(string? Email, string? FullName, string? Role, string? Password, string? CurrentPassword);

    public static void Map(IEndpointRouteBuilder users) => users.MapPut("/{id:long}", HandleAsync)
        .WithName(nameof(UpdateUser))
        .WithSummary("Changes a user")
        .WithDescription("Allowed for the user and for admins; only admins can change the role. Omitted members stay unchanged. "
            + "A new password requires current_password, the caller's own. A new password or role revokes the user's tokens: in this service at once, "
            + "in the other services within 5 seconds. A wrong current password counts as a failed login. The only admin can't be demoted.")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status429TooManyRequests);

    private static async Task<Results<Ok<UserView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        long id,
        Request request,
        ClaimsPrincipal caller,
        AuthDb db,
        PasswordHashing passwords,
        LoginLimits limits,
        Revocations revocations,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken)
    {
        if (!caller.CanAccess(id))
            return UserAccess.AccessDenied();
        if (await db.Users.FindAsync([id], cancellationToken) is not { } user)
            return UserAccess.NotFound(id);
        var errors = Validate(request, user);
        if (errors.Any)
            return errors.ToProblem();
        if (request.Role is { } role && role != user.Role && !caller.IsAdmin)
            return UserAccess.Forbidden("Only an admin may change a role.");

        if (request.Password is not null)
        {
            var self = caller.UserId == id ? user : await db.Users.FindAsync([caller.UserId], cancellationToken);
            using var attempt = await limits.BeginAsync(self?.EmailKey ?? "", ClientAddress.Of(http), cancellationToken);
            if (attempt.IsRefused)
                return TooManyRequests.After(attempt.RetryAfter!.Value, http.Response);

            var isValid = await passwords.VerifyAsync(self, request.CurrentPassword!, cancellationToken);
            attempt.Record(isValid);
            if (!isValid)
                return errors.Require(false, "current_password", "This is not your password.").ToProblem();
        }

        var wasAdmin = user.Role == Role.Admin;
        var hash = request.Password is null ? null : await passwords.HashAsync(request.Password, cancellationToken);
        var changed = Apply(request, user, hash);
        if (changed.Count == 0)
            return TypedResults.Ok(UserView.Of(user));

        if (changed.Contains("password") || changed.Contains("role"))
            await revocations.RevokeAsync(user, cancellationToken);

        user.Version++;
        user.UpdatedAt = time.GetUtcNow();
        db.Publish(UserEvents.Updated(user, changed), user.Version, user.UpdatedAt);
        try
        {
            if (!wasAdmin || user.Role == Role.Admin)
                await db.SaveChangesAsync(cancellationToken);
            else if (!await db.TrySaveWithoutAdminAsync(user, cancellationToken))
                return UserAccess.LastAdmin();
        }
        catch (DbUpdateException failure) when (DatabaseFailure.IsDuplicate(failure, User.UniqueEmail))
        {
            return UserAccess.EmailTaken();
        }

        return TypedResults.Ok(UserView.Of(user));
    }

    private static FieldErrors Validate(Request request, User user)
    {
        var errors = new FieldErrors();
        if (request.Email is not null)
            errors.RequireEmail(request.Email);
        if (request.FullName is not null)
            errors.RequireFullName(request.FullName);
        if (request.Password is not null)
        {
            errors.RequirePassword(request.Password, request.Email ?? user.Email)
                .Require(!string.IsNullOrEmpty(request.CurrentPassword), "current_password", "Your current password is required to set a new one.");
        }

        return errors.Require(request.Role is null or Role.Admin or Role.User, "role", $"Must be {Role.Admin} or {Role.User}.");
    }

    private static List<string> Apply(Request request, User user, string? passwordHash)
    {
        List<string> changed = [];
        if (request.Email is { } email && email != user.Email)
        {
            (user.Email, user.EmailKey) = (email, User.KeyOf(email));
            changed.Add("email");
        }

        if (request.FullName is { } name && name != user.FullName)
        {
            user.FullName = name;
            changed.Add("full_name");
        }

        if (request.Role is { } role && role != user.Role)
        {
            user.Role = role;
            changed.Add("role");
        }

        if (passwordHash is not null)
        {
            user.PasswordHash = passwordHash;
            changed.Add("password");
        }

        return changed;
    }
}
