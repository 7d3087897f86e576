using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>The answer to an attempt that comes too early.</summary>
internal static class TooManyRequests
{
    public static ProblemHttpResult After(TimeSpan wait, HttpResponse response)
    {
        response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem("There were too many attempts. Retry-After says when to try again.", statusCode: StatusCodes.Status429TooManyRequests);
    }
}
