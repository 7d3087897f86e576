using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>Ends the session in this browser and lets the host revoke it. The session ends even if the host can't revoke it.</summary>
internal static class SignOut
{
    public static void Map(IEndpointRouteBuilder session) => session.MapPost("/sign-out", HandleAsync).WithName(nameof(SignOut));

    private static async Task<SignOutHttpResult> HandleAsync(
        HttpContext http, IOperatorAuthenticator operators, AuditEntry audit, CancellationToken cancellationToken)
    {
        audit.Add(await operators.SignOutAsync(await ConsoleSession.FindTokenAsync(http), cancellationToken));
        return TypedResults.SignOut(new() { RedirectUri = $"{ConsoleSession.Path}/sign-in" }, [ConsoleSession.Scheme]);
    }
}
