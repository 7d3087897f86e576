using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class SignOut
{
    public static void Map(IEndpointRouteBuilder console) => console.MapPost("/sign-out", Handle).WithName(nameof(SignOut));

    private static SignOutHttpResult Handle()
        => TypedResults.SignOut(new() { RedirectUri = $"{ConsoleSession.Path}/sign-in" }, [ConsoleSession.Scheme]);
}
