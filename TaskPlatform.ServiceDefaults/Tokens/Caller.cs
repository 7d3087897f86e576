using System.Globalization;
using System.Security.Claims;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Who makes a request, from a token that was verified.</summary>
public static class Caller
{
    extension(ClaimsPrincipal caller)
    {
        /// <summary>The user's id.</summary>
        public long UserId => long.Parse(
            caller.FindFirstValue(TokenFormat.SubjectClaim)
                ?? throw new InvalidOperationException("Nobody is signed in: the endpoint lacks RequireAuthorization."),
            CultureInfo.InvariantCulture);

        /// <summary>What the user's tokens carry until they are revoked; null in what is no valid token.</summary>
        public string? Stamp => caller.FindFirstValue(TokenFormat.StampClaim);

        /// <summary>When the token expires.</summary>
        public DateTimeOffset TokenExpiry => long.TryParse(caller.FindFirstValue(TokenFormat.ExpiryClaim), CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MinValue;

        /// <summary>Whether the user may do everything.</summary>
        public bool IsAdmin => caller.IsInRole(Role.Admin);
    }
}
