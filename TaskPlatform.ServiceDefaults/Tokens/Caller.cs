using System.Globalization;
using System.Security.Claims;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>The caller of a request, from a verified token.</summary>
public static class Caller
{
    extension(ClaimsPrincipal caller)
    {
        /// <summary>The user's id.</summary>
        public long UserId => long.Parse(
            caller.FindFirstValue(TokenFormat.SubjectClaim)
                ?? throw new InvalidOperationException("The caller is not authenticated: the endpoint lacks RequireAuthorization."),
            CultureInfo.InvariantCulture);

        /// <summary>The stamp that the user's tokens share until they are revoked; null without a valid token.</summary>
        public string? Stamp => caller.FindFirstValue(TokenFormat.StampClaim);

        /// <summary>When the token expires.</summary>
        public DateTimeOffset TokenExpiry => long.TryParse(caller.FindFirstValue(TokenFormat.ExpiryClaim), CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MinValue;

        /// <summary>Whether the user is an admin.</summary>
        public bool IsAdmin => caller.IsInRole(Role.Admin);
    }
}
