using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace TaskPlatform.EventBus.Dashboard.Admin;

/// <summary>Handles an unavailable Redis (503 with <c>Retry-After</c>) and keys of a wrong type (409).</summary>
internal sealed class RedisProblem(IProblemDetailsService problems) : IExceptionHandler
{
    private const string RetryAfterSeconds = "5";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not (EventTransportUnavailableException or WrongKeyTypeException))
            return false;

        var isUnavailable = exception is EventTransportUnavailableException;
        httpContext.Response.StatusCode = isUnavailable ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status409Conflict;
        if (isUnavailable)
            httpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
        await problems.WriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = new ProblemDetails { Detail = isUnavailable ? "Redis is unavailable at the moment." : exception.Message },
        });
        return true;
    }
}
