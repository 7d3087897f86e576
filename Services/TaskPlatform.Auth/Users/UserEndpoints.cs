namespace TaskPlatform.Auth.Users;

internal static class UserEndpoints
{
    public static void MapUserEndpoints(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/api/users").RequireAuthorization().WithTags("Users");

        GetMe.Map(users);
        ListUsers.Map(users);
        GetUser.Map(users);
        UpdateUser.Map(users);
        DeleteUser.Map(users);
    }
}
