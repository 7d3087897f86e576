using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;

namespace TaskPlatform.Auth.Users;

internal static class UserEndpoints
{
    public static void MapUserEndpoints(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/api/users").RequireAuthorization().AddEndpointFilter<RouteGroupBuilder, ConflictRetry<AuthDb>>().WithTags("Users");

        GetMe.Map(users);
        ListUsers.Map(users);
        GetUser.Map(users);
        UpdateUser.Map(users);
        DeleteUser.Map(users);
    }
}
