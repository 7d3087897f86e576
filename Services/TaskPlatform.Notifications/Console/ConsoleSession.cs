using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.IdentityModel.JsonWebTokens;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console;

/// <summary>
/// An operator's session: an encrypted cookie that no script can read and no other site can send. It is valid below
/// <c>/console</c> only, and for as long as the token that Auth issued at sign-in: until that expires or is revoked.
/// </summary>
internal static class ConsoleSession
{
    public const string Path = "/console";

    /// <summary>The token is kept for the sign-out, which has Auth revoke it.</summary>
    public const string TokenName = "access_token";

    public const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;

    private static readonly string[] Claims =
        [TokenFormat.SubjectClaim, TokenFormat.EmailClaim, TokenFormat.RoleClaim, TokenFormat.StampClaim, TokenFormat.ExpiryClaim];

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "taskplatform-console";
        options.Cookie.Path = Path;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.SlidingExpiration = false;
        options.Events.OnValidatePrincipal = async context =>
        {
            var revoked = context.HttpContext.RequestServices.GetRequiredService<RevokedTokens>();
            if (await revoked.IsRevokedAsync(context.Principal!, context.HttpContext.RequestAborted))
            {
                context.RejectPrincipal();
                await context.HttpContext.SignOutAsync(Scheme);
            }
        };
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
        var properties = new AuthenticationProperties { IsPersistent = true, ExpiresUtc = token.ValidTo };
        properties.StoreTokens([new AuthenticationToken { Name = TokenName, Value = token.EncodedToken }]);
        return http.SignInAsync(Scheme, new ClaimsPrincipal(identity), properties);
    }
}
