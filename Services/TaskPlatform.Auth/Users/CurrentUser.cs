using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

/// <summary>
/// Has this service, which knows the accounts, go by what they are now: a token of a deleted account is no good here, and the
/// role is today's. The other services believe what the token says until it expires.
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
        var role = await context.HttpContext.RequestServices.GetRequiredService<AuthDb>().Users
            .Where(user => user.Id == id).Select(user => user.Role).SingleOrDefaultAsync(context.HttpContext.RequestAborted);
        if (role is null)
        {
            context.Fail("There is no such account any more.");
            return;
        }

        var identity = (ClaimsIdentity)caller.Identity!;
        identity.TryRemoveClaim(identity.FindFirst(TokenFormat.RoleClaim));
        identity.AddClaim(new Claim(TokenFormat.RoleClaim, role));
    }
}
