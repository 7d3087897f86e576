using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.ServiceDefaults.Http;

/// <summary>
/// Rejects requests that no endpoint could read: a body in a charset other than UTF-8 (415), and the character NUL in a query (400), which
/// Postgres can't store in text columns.
/// </summary>
internal static class ReadableRequests
{
    private const string Charset = "charset";
    private const string EncodedNul = "%00";
    private const char Nul = '\0';

    /// <summary>Must come before routing.</summary>
    public static void UseReadableRequests(this WebApplication app) => app.Use((context, next) =>
    {
        if (!IsUtf8(context))
            return TypedResults.Problem("The body must be UTF-8.", statusCode: StatusCodes.Status415UnsupportedMediaType).ExecuteAsync(context);

        // The server itself rejects NUL everywhere else: unencoded, in the path, and in headers.
        return context.Request.QueryString.Value?.Contains(EncodedNul, StringComparison.Ordinal) == true
            ? RejectNul(context.Request.Query).ExecuteAsync(context)
            : next(context);
    });

    /// <summary>
    /// Whether the body is declared as UTF-8, or has no charset. Removes the charset parameter, because the framework can't parse a quoted one.
    /// </summary>
    private static bool IsUtf8(HttpContext context)
    {
        if (context.Request.ContentType is not { } contentType
            || !contentType.Contains(Charset, StringComparison.OrdinalIgnoreCase)
            || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            || !MediaTypeHeaderValue.TryParse(contentType, out var mediaType))
            return true;

        foreach (var charset in mediaType.Parameters.Where(parameter => parameter.Name.Equals(Charset, StringComparison.OrdinalIgnoreCase)).ToList())
        {
            if (!HeaderUtilities.RemoveQuotes(charset.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                return false;
            mediaType.Parameters.Remove(charset);
        }

        context.Request.ContentType = mediaType.ToString();
        return true;
    }

    private static ValidationProblem RejectNul(IQueryCollection query)
    {
        var errors = new FieldErrors();
        foreach (var (name, values) in query)
        {
            var isNamed = !name.Contains(Nul);
            errors.Require(isNamed && values.All(value => value?.Contains(Nul) != true), isNamed ? name : "query", "Must not contain the character NUL.");
        }

        return errors.ToProblem();
    }
}
