using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Keys;

/// <summary>Creates signed tokens.</summary>
internal sealed class Tokens(SigningKeys keys, IOptions<TokenOptions> options, TimeProvider time)
{
    private readonly JsonWebTokenHandler writer = new();

    public TimeSpan Lifetime => options.Value.Lifetime;

    public async Task<string> IssueAsync(User user, CancellationToken cancellationToken)
    {
        var key = await keys.CurrentAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        return writer.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = TokenFormat.Issuer,
            Audience = TokenFormat.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
            Claims = new Dictionary<string, object>
            {
                [TokenFormat.SubjectClaim] = user.Id.ToString(CultureInfo.InvariantCulture),
                [TokenFormat.EmailClaim] = user.Email,
                [TokenFormat.RoleClaim] = user.Role,
                [TokenFormat.StampClaim] = user.SecurityStamp,
            },
        });
    }
}
