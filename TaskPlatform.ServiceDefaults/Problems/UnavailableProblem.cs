using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>Something this service needs is away, or it has too much to do: 503, and when to come back.</summary>
internal sealed partial class UnavailableProblem(IProblemDetailsService problems, ILogger<UnavailableProblem> logger) : IExceptionHandler
{
    // Long enough for a restarted server, short enough for a user who waits.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var detail = exception switch
        {
            OverloadedException overloaded => overloaded.Message,
            TokenKeysUnavailableException => "The tokens' keys can't be fetched at the moment.",
            RevokedTokensUnavailableException => "The list of revoked tokens can't be fetched at the moment. Until then routes for admins are closed.",
            _ when DatabaseFailure.IsUnavailable(exception) => "The database can't be reached at the moment.",
            _ => null,
        };
        if (detail is null)
            return false;

        LogUnavailable(httpContext.Request.Path, exception.GetBaseException().Message);
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        var retryAfter = exception is OverloadedException { RetryAfter: var asked } ? asked : RetryAfter;
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
