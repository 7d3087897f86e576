using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

/// <summary>
/// Checks each token against the current account: a revoked token is refused at once, and the role is the current one. The other services
/// poll <see cref="Revocation.GetRevokedTokens"/> instead.
/// </summary>
internal static class CurrentUser
{
    public static void AddCurrentUser(this WebApplicationBuilder builder)
        => builder.Services.Configure<JwtBearerOptions>(
            JwtBearerDefaults.AuthenticationScheme, options => options.Events.OnTokenValidated = CheckAsync);

    private static async Task CheckAsync(TokenValidatedContext context)
    {
        var caller = context.Principal!;
        var id = caller.UserId;
        var account = await context.HttpContext.RequestServices.GetRequiredService<AuthDb>().Users
            .Where(user => user.Id == id)
            .Select(user => new { user.Role, user.SecurityStamp })
            .SingleOrDefaultAsync(context.HttpContext.RequestAborted);
        if (account is null || account.SecurityStamp != caller.Stamp)
        {
            context.Fail("The token was revoked.");
            return;
        }

        var identity = (ClaimsIdentity)caller.Identity!;
        identity.TryRemoveClaim(identity.FindFirst(TokenFormat.RoleClaim));
        identity.AddClaim(new Claim(TokenFormat.RoleClaim, account.Role));
    }
}
