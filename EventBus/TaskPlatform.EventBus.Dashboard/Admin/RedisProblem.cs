using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace TaskPlatform.EventBus.Dashboard.Admin;

/// <summary>Redis is away: 503, and when to come back. A key there is not what it should be: 409, and what to do.</summary>
internal sealed class RedisProblem(IProblemDetailsService problems) : IExceptionHandler
{
    private const string RetryAfterSeconds = "5";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not (EventTransportUnavailableException or WrongKeyTypeException))
            return false;

        var away = exception is EventTransportUnavailableException;
        httpContext.Response.StatusCode = away ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status409Conflict;
        if (away)
            httpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
        await problems.WriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = new ProblemDetails { Detail = away ? "Redis can't be reached at the moment." : exception.Message },
        });
        return true;
    }
}
