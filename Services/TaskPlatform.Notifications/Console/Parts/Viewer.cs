using System.Security.Claims;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console.Parts;

/// <summary>Who looks at a page.</summary>
/// <param name="Email">The address signed in with.</param>
/// <param name="FormToken">For each form on the page.</param>
public sealed record Viewer(string Email, string FormToken)
{
    public static ValueTask<Viewer> BindAsync(HttpContext http)
        => ValueTask.FromResult(new Viewer(http.User.FindFirstValue(TokenFormat.EmailClaim) ?? "", ConsoleSession.FormToken(http)));
}
