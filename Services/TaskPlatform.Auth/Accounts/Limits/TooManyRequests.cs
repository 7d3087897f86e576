using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>The response to an attempt beyond a limit.</summary>
internal static class TooManyRequests
{
    public static ProblemHttpResult After(TimeSpan wait, HttpResponse response)
    {
        response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem("Too many attempts. See Retry-After for when to try again.", statusCode: StatusCodes.Status429TooManyRequests);
    }
}
