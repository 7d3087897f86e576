using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.IdentityModel.JsonWebTokens;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console;

/// <summary>
/// An operator's session: an encrypted cookie that no script can read and no other site can send. It is valid below
/// <c>/console</c> only, and for as long as the token that Auth issued at sign-in.
/// </summary>
internal static class ConsoleSession
{
    public const string Path = "/console";

    /// <summary>The claim that says when the session ends, in seconds since 1970.</summary>
    public const string ExpiryClaim = "exp";

    public const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;

    private static readonly string[] Claims = [TokenFormat.SubjectClaim, TokenFormat.EmailClaim, TokenFormat.RoleClaim, ExpiryClaim];

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "taskplatform-console";
        options.Cookie.Path = Path;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.SlidingExpiration = false;
        options.Events.OnRedirectToLogin = context =>
        {
            // What was posted can't be opened again.
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

    /// <summary>Requires an admin's session; bearer tokens are for the APIs.</summary>
    public static TBuilder RequireAdminSession<TBuilder>(this TBuilder console)
        where TBuilder : IEndpointConventionBuilder
        => console.RequireAuthorization(
            policy => policy.AddAuthenticationSchemes(Scheme).RequireAuthenticatedUser().RequireRole(Role.Admin));

    public static Task BeginAsync(HttpContext http, JsonWebToken token)
    {
        var claims = token.Claims.Where(claim => Claims.Contains(claim.Type));
        var identity = new ClaimsIdentity(claims, Scheme, TokenFormat.SubjectClaim, TokenFormat.RoleClaim);
        return http.SignInAsync(
            Scheme, new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true, ExpiresUtc = token.ValidTo });
    }
}
