using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Accounts;
using TaskPlatform.Auth.Data;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

internal static class UpdateUser
{
    /// <summary>Members left out, or null, stay as they are.</summary>
    public sealed record Request(string? Email, string? FullName, string? Role, string? Password);

    public static void Map(IEndpointRouteBuilder users) => users.MapPut("/{id:long}", HandleAsync)
        .WithName(nameof(UpdateUser))
        .WithSummary("Changes a user")
        .WithDescription("By that user or an admin; the role by an admin only. Members left out stay as they are. "
            + "A new role counts here at once, elsewhere with the tokens of the next login. The only admin stays one.")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<UserView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        long id,
        Request request,
        ClaimsPrincipal caller,
        AuthDb db,
        PasswordHashing passwords,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!caller.MayTouch(id))
            return UserAccess.NotYours();
        if (await db.Users.FindAsync([id], cancellationToken) is not { } user)
            return UserAccess.NotFound(id);
        if (Validate(request, user) is { Any: true } errors)
            return errors.ToProblem();
        if (request.Role is { } role && role != user.Role && !caller.IsAdmin)
            return UserAccess.Forbidden("Only an admin may change a role.");

        var wasAdmin = user.Role == Role.Admin;
        var hash = request.Password is null ? null : await passwords.HashAsync(request.Password, cancellationToken);
        var changed = Apply(request, user, hash);
        if (changed.Count == 0)
            return TypedResults.Ok(UserView.Of(user));

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
            errors.RequirePassword(request.Password, request.Email ?? user.Email);
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
