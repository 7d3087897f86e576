using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>
/// Another request changed it between our read and our write: 412 where the client named a version, else 409, after the retries of
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
            ProblemDetails = new ProblemDetails { Detail = "It was changed meanwhile. Read it again and repeat your change." },
        });
        return true;
    }
}
