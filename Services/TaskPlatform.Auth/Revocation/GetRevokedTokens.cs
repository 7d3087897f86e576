using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Revocation;

internal static class GetRevokedTokens
{
    /// <param name="Stamps">Tokens with one of these values in the claim <c>stamp</c> are invalid.</param>
    public sealed record Response(IReadOnlyList<string> Stamps);

    public static void Map(IEndpointRouteBuilder app) => app.MapGet(TokenFormat.RevokedTokensPath, HandleAsync)
        .WithName(nameof(GetRevokedTokens))
        .WithSummary("Lists the stamps of revoked tokens")
        .WithDescription("Poll it with If-None-Match; 304 means that nothing has changed. The stamps are random and reveal nothing about users.")
        .WithTags("Keys")
        .Produces(StatusCodes.Status304NotModified);

    private static async Task<Results<Ok<Response>, StatusCodeHttpResult>> HandleAsync(
        RevocationList list, HttpRequest request, HttpResponse response, CancellationToken cancellationToken)
    {
        var current = await list.GetAsync(cancellationToken);
        response.Headers.ETag = current.ETag;
        response.Headers.CacheControl = "no-cache";
        return EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known)
            && known.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(EntityTagHeaderValue.Parse(current.ETag), useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new Response(current.Stamps));
    }
}
