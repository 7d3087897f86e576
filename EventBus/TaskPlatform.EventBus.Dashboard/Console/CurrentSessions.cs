using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>Opens the console only while the list of revoked tokens is recent. Signing out is always possible.</summary>
internal sealed class CurrentSessions(IOperatorAuthenticator operators) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        return await operators.CheckAsync(http.User, http.RequestAborted) switch
        {
            SessionStatus.Valid => await next(context),
            SessionStatus.Revoked => TypedResults.Challenge(authenticationSchemes: [ConsoleSession.Scheme]),
            _ => ConsolePages.Unavailable(
                "The auth service is unavailable",
                "The console can't check whether your session was revoked. This page works again as soon as the auth service is back."),
        };
    }
}
