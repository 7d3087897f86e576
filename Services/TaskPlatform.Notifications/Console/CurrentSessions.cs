using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console;

/// <summary>Opens the console only while it is known which sessions were revoked. Signing out is possible even then.</summary>
internal sealed class CurrentSessions(RevokedTokens revoked) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        revoked.RequireCurrent();
        return next(context);
    }
}
