using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Tests.Api;

/// <summary>Invalid tokens, each of which is nearly valid.</summary>
internal static class Tokens
{
    private static readonly string[] Copied = [TokenFormat.SubjectClaim, TokenFormat.EmailClaim, TokenFormat.RoleClaim, TokenFormat.StampClaim];

    /// <summary>Returns all of them, with what is wrong.</summary>
    public static IEnumerable<(string Wrong, string Token)> Bad(string good, ECDsaSecurityKey ours)
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (header, payload, signature) = (good.Split('.')[0], good.Split('.')[1], good.Split('.')[2]);
        var claims = new JsonWebToken(good).Claims.Where(claim => Copied.Contains(claim.Type)).ToDictionary(claim => claim.Type, object (claim) => claim.Value);

        yield return ("expired", Sign(ours, claims, expires: TimeSpan.FromMinutes(-5)));
        yield return ("not valid yet", Sign(ours, claims, begins: TimeSpan.FromMinutes(5)));
        yield return ("signed with a foreign key of our key's id", Sign(new ECDsaSecurityKey(stranger) { KeyId = ours.KeyId }, claims));
        yield return ("signed with a foreign key", Sign(new ECDsaSecurityKey(stranger) { KeyId = "foreign" }, claims));
        yield return ("alg none", $"{Base64("""{"alg":"none","typ":"JWT"}""")}.{payload}.");
        yield return ("alg none with our key's id", $"{Base64($$"""{"alg":"none","typ":"JWT","kid":"{{ours.KeyId}}"}""")}.{payload}.");
        yield return ("HMAC with the public key", WithPublicKeyAsSecret(payload, ours));
        yield return ("tampered role", $"{header}.{Base64(Text(payload).Replace("\"role\":\"user\"", "\"role\":\"admin\"", StringComparison.Ordinal))}.{signature}");
        yield return ("no signature", $"{header}.{payload}.");
        yield return ("for somebody else", Sign(ours, claims, audience: "elsewhere"));
        yield return ("from somebody else", Sign(ours, claims, issuer: "elsewhere"));
        yield return ("without a stamp", Sign(ours, claims.Where(claim => claim.Key != TokenFormat.StampClaim).ToDictionary()));
        yield return ("not a token", "x");
    }

    private static string Sign(
        ECDsaSecurityKey key, Dictionary<string, object> claims, TimeSpan? begins = null, TimeSpan? expires = null,
        string issuer = TokenFormat.Issuer, string audience = TokenFormat.Audience)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            IssuedAt = now.AddHours(-1),
            NotBefore = now + (begins ?? TimeSpan.FromHours(-1)),
            Expires = now + (expires ?? TimeSpan.FromHours(1)),

            // Signature providers are cached by key id, so don't cache this key, which shares its id with others.
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256) { CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } },
            Claims = claims,
        });
    }

    // Algorithm confusion: a verifier that takes the algorithm from the token would use the public key as the HMAC secret.
    private static string WithPublicKeyAsSecret(string payload, ECDsaSecurityKey ours)
    {
        var text = $"{Base64($$"""{"alg":"HS256","typ":"JWT","kid":"{{ours.KeyId}}"}""")}.{payload}";
        var secret = Encoding.ASCII.GetBytes(ours.ECDsa.ExportSubjectPublicKeyInfoPem());
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Base64(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Text(string part) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part));
}
