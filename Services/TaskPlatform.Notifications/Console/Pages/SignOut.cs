using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class SignOut
{
    public static void Map(IEndpointRouteBuilder console) => console.MapPost("/sign-out", Handle).WithName(nameof(SignOut));

    private static RedirectHttpResult Handle(HttpContext http)
    {
        ConsoleSession.End(http);
        return TypedResults.LocalRedirect($"{ConsoleSession.Path}/sign-in");
    }
}
