using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>
/// An operator's session: an encrypted cookie that scripts can't read and other sites can't send. It is valid only below <c>/console</c>, and
/// until it expires or the host's <see cref="IOperatorAuthenticator"/> reports that it was revoked.
/// </summary>
internal static class ConsoleSession
{
    public const string Path = "/console";

    public const string Scheme = "EventBusConsole";

    /// <summary>The token is stored so that the sign-out can revoke it.</summary>
    private const string TokenName = "access_token";

    public static void Configure(CookieAuthenticationOptions options, IOptions<EventBusDashboardOptions> dashboard)
    {
        options.Cookie.Name = dashboard.Value.CookieName;
        options.Cookie.Path = Path;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.SlidingExpiration = false;
        options.Events.OnValidatePrincipal = async context =>
        {
            var operators = context.HttpContext.RequestServices.GetRequiredService<IOperatorAuthenticator>();
            if (await operators.CheckAsync(context.Principal!, context.HttpContext.RequestAborted) == SessionStatus.Revoked)
            {
                context.RejectPrincipal();
                await context.HttpContext.SignOutAsync(Scheme);
            }
        };
        options.Events.OnRedirectToLogin = context =>
        {
            // Only the address of a GET can be opened again after the sign-in.
            var back = HttpMethods.IsGet(context.Request.Method) ? $"{context.Request.Path}{context.Request.QueryString}" : Path;
            context.Response.Redirect($"{Path}/sign-in?back={Uri.EscapeDataString(back)}");
            return Task.CompletedTask;
        };
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }

    /// <summary>Requires a console session and the host's own requirements; bearer tokens are not accepted.</summary>
    public static TBuilder RequireSession<TBuilder>(this TBuilder console, Action<AuthorizationPolicyBuilder>? require)
        where TBuilder : IEndpointConventionBuilder
        => console.RequireAuthorization(policy =>
        {
            policy.AddAuthenticationSchemes(Scheme).RequireAuthenticatedUser();
            require?.Invoke(policy);
        });

    public static Task BeginAsync(HttpContext http, OperatorSession session)
    {
        var properties = new AuthenticationProperties { IsPersistent = true, ExpiresUtc = session.ExpiresAt };
        if (session.Token is { } token)
            properties.StoreTokens([new AuthenticationToken { Name = TokenName, Value = token }]);
        return http.SignInAsync(Scheme, new ClaimsPrincipal(session.Identity), properties);
    }

    public static Task<string?> FindTokenAsync(HttpContext http) => http.GetTokenAsync(Scheme, TokenName);

    /// <summary>When the session of the current request ends.</summary>
    public static DateTimeOffset ExpiryOf(HttpContext http)
        => http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc ?? DateTimeOffset.MinValue;
}
