using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Keys;

internal static class GetDiscoveryDocument
{
    /// <summary>The part of an OpenID Connect discovery document that services need to verify tokens.</summary>
    public sealed record Response(string Issuer, Uri JwksUri, IReadOnlyList<string> IdTokenSigningAlgValuesSupported);

    public static void Map(IEndpointRouteBuilder app) => app.MapGet(TokenFormat.DiscoveryPath, Handle)
        .WithName(nameof(GetDiscoveryDocument))
        .WithSummary("Returns the issuer of tokens and the address of the public keys")
        .WithTags("Keys");

    // Uses the host of the request, which the caller can evidently reach.
    private static Ok<Response> Handle(HttpRequest request, HttpResponse response)
    {
        response.Headers[HeaderNames.CacheControl] = "public, max-age=300";
        return TypedResults.Ok(new Response(
            TokenFormat.Issuer,
            new Uri($"{request.Scheme}://{request.Host}{request.PathBase}{TokenFormat.KeysPath}"),
            [SecurityAlgorithms.EcdsaSha256]));
    }
}
