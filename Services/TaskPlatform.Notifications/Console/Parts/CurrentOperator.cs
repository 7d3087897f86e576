using System.Security.Claims;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console.Parts;

/// <summary>The operator who is signed in.</summary>
/// <param name="Email">The address used at sign-in.</param>
public sealed record CurrentOperator(string Email)
{
    public static ValueTask<CurrentOperator> BindAsync(HttpContext http)
        => ValueTask.FromResult(new CurrentOperator(http.User.FindFirstValue(TokenFormat.EmailClaim) ?? ""));
}
