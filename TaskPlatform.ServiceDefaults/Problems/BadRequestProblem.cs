using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>Handles unreadable requests: 400 with the name of the field, or the status that the server chose, such as 413 or 415.</summary>
internal sealed partial class BadRequestProblem(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException bad)
            return false;

        httpContext.Response.StatusCode = bad.StatusCode;
        await problems.WriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = bad.StatusCode == StatusCodes.Status400BadRequest ? Explain(bad) : new ProblemDetails(),
        });
        return true;
    }

    private static ProblemDetails Explain(BadHttpRequestException bad) => bad.InnerException switch
    {
        JsonException { Path: { Length: > 2 } path } => OfField(path[2..], "This is not valid JSON, or not a value of the right type."),
        JsonException => new ProblemDetails { Detail = "The body is not a valid JSON object." },
        _ when ParameterName().Match(bad.Message) is { Success: true } match
            => OfField(JsonNamingPolicy.SnakeCaseLower.ConvertName(match.Groups["name"].Value), "This is not a value of the right type."),
        _ => new ProblemDetails { Detail = "The body is missing, or a required part of the request is." },
    };

    private static HttpValidationProblemDetails OfField(string field, string error)
        => new(new Dictionary<string, string[]> { [field] = [error] });

    // The framework names the parameter only in its message: Failed to bind parameter "Nullable<int> limit" from "x".
    [GeneratedRegex("^Failed to bind parameter \"[^\"]* (?<name>\\w+)\" from ")]
    private static partial Regex ParameterName();
}
