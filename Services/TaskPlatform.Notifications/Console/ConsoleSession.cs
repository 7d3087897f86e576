using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.WebUtilities;

namespace TaskPlatform.Notifications.Console;

/// <summary>
/// Whoever is signed in to the console. The token that Auth gave is kept in a cookie that no script can read and no other site
/// can send; it counts below <c>/console</c> alone.
/// </summary>
internal static class ConsoleSession
{
    public const string Path = "/console";

    private const string Cookie = "taskplatform-console";

    public static void Begin(HttpContext http, string token, TimeSpan lifetime)
        => http.Response.Cookies.Append(Cookie, token, Options(http, lifetime));

    public static void End(HttpContext http) => http.Response.Cookies.Delete(Cookie, Options(http, null));

    /// <summary>What each form of this session carries: nobody can know it who does not have the cookie.</summary>
    public static string FormToken(HttpContext http)
        => WebEncoders.Base64UrlEncode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(http.Request.Cookies[Cookie] ?? ""), "console form"u8));

    /// <summary>Has the console's requests authenticated by the cookie, and whoever lacks one sent to the sign-in page.</summary>
    public static void Configure(JwtBearerOptions options)
    {
        var events = options.Events ??= new JwtBearerEvents();
        events.OnMessageReceived = context =>
        {
            if (IsConsole(context.Request))
                context.Token = context.Request.Cookies[Cookie] ?? "";
            return Task.CompletedTask;
        };
        events.OnChallenge = context =>
        {
            if (IsConsole(context.Request))
            {
                context.HandleResponse();
                var back = HttpMethods.IsGet(context.Request.Method) ? $"{context.Request.Path}{context.Request.QueryString}" : Path;
                context.Response.Redirect($"{Path}/sign-in?back={Uri.EscapeDataString(back)}");
            }

            return Task.CompletedTask;
        };
    }

    private static bool IsConsole(HttpRequest request) => request.Path.StartsWithSegments(Path);

    private static CookieOptions Options(HttpContext http, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = Path,
        MaxAge = lifetime,
        IsEssential = true,
    };
}
