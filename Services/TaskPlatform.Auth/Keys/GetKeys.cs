using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Keys;

internal static class GetKeys
{
    /// <summary>A JSON Web Key Set (RFC 7517).</summary>
    public sealed record Response(IReadOnlyList<PublicKey> Keys);

    public sealed record PublicKey(string Kty, string Use, string Alg, string Kid, string Crv, string X, string Y);

    public static void Map(IEndpointRouteBuilder app) => app.MapGet(TokenFormat.KeysPath, HandleAsync)
        .WithName(nameof(GetKeys))
        .WithSummary("Returns the public keys for verifying tokens")
        .WithTags("Keys");

    private static async Task<Ok<Response>> HandleAsync(SigningKeys keys, HttpResponse response, CancellationToken cancellationToken)
    {
        var published = await keys.PublishedAsync(cancellationToken);
        response.Headers[HeaderNames.CacheControl] = "public, max-age=300";
        return TypedResults.Ok(new Response([.. published.Select(Describe)]));
    }

    private static PublicKey Describe(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new PublicKey(
            "EC", "sig", SecurityAlgorithms.EcdsaSha256, key.KeyId, "P-256", Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
    }
}
