using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>Handles unavailable dependencies and overload: 503 with <c>Retry-After</c>.</summary>
internal sealed partial class UnavailableProblem(IProblemDetailsService problems, ILogger<UnavailableProblem> logger) : IExceptionHandler
{
    // Enough for a server to restart, and acceptable for a waiting user.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var detail = exception switch
        {
            OverloadedException overloaded => overloaded.Message,
            TokenKeysUnavailableException => "The token keys are unavailable at the moment.",
            RevokedTokensUnavailableException => "The list of revoked tokens is unavailable at the moment. Until it is available again, admin routes answer 503.",
            _ when DatabaseFailure.IsUnavailable(exception) => "The database is unavailable at the moment.",
            _ => null,
        };
        if (detail is null)
            return false;

        LogUnavailable(httpContext.Request.Path, exception.GetBaseException().Message);
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        var retryAfter = exception is OverloadedException { RetryAfter: var requested } ? requested : RetryAfter;
        httpContext.Response.Headers.RetryAfter = retryAfter.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        await problems.WriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = new ProblemDetails { Detail = detail },
        });
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "{Path} was answered with 503: {Reason}")]
    private partial void LogUnavailable(string path, string reason);
}
