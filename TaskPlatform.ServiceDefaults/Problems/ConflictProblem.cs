using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>
/// Handles concurrency conflicts: 412 if the client sent <c>If-Match</c>, otherwise 409, after the retries of
/// <see cref="Data.ConflictRetry{TDb}"/>.
/// </summary>
internal sealed class ConflictProblem(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not DbUpdateConcurrencyException)
            return false;

        httpContext.Response.StatusCode = httpContext.Request.Headers.IfMatch.Count > 0
            ? StatusCodes.Status412PreconditionFailed
            : StatusCodes.Status409Conflict;
        await problems.WriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = new ProblemDetails { Detail = "It was changed by another request. Read it again and repeat your change." },
        });
        return true;
    }
}
