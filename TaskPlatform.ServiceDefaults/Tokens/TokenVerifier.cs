using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Finds a token's key before it verifies the token, without blocking a thread meanwhile.</summary>
internal sealed class TokenVerifier : JsonWebTokenHandler
{
    private readonly ITokenKeys keys;
    private readonly IHttpContextAccessor requests;

    public TokenVerifier(ITokenKeys keys, IHttpContextAccessor requests)
    {
        this.keys = keys;
        this.requests = requests;
        MapInboundClaims = false;
    }

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        if (!CanReadToken(token) || ReadJsonWebToken(token) is not { Alg: SecurityAlgorithms.EcdsaSha256, Kid: { Length: > 0 } keyId })
            return new TokenValidationResult { Exception = new SecurityTokenMalformedException("This is not a token of ours.") };

        var key = await keys.FindAsync(keyId, requests.HttpContext?.RequestAborted ?? CancellationToken.None);
        if (key is null)
            return new TokenValidationResult { Exception = new SecurityTokenSignatureKeyNotFoundException("The token's key is unknown.") };

        // A copy made for this one call.
        validationParameters.IssuerSigningKey = key;
        return await base.ValidateTokenAsync(token, validationParameters);
    }
}
