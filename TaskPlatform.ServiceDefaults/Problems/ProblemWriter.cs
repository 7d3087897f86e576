using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>
/// Writes all problems in one form, also for clients that don't accept JSON, because an explained error helps more than an empty response.
/// No problem has a type of its own, so <c>type</c> is always about:blank and <c>title</c> the status's reason phrase (RFC 9457, 4.2.1).
/// </summary>
internal sealed class ProblemWriter(IOptions<JsonOptions> json) : IProblemDetailsWriter
{
    private readonly JsonSerializerOptions options = json.Value.SerializerOptions;

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        problem.Status ??= http.Response.StatusCode;
        problem.Type = "about:blank";
        if (problem is HttpValidationProblemDetails)
            problem.Detail ??= problem.Title;
        problem.Title = ReasonPhrases.GetReasonPhrase(problem.Status.Value);
        problem.Extensions.Remove("traceId");
        if (Activity.Current is { } span)
            problem.Extensions["trace_id"] = span.TraceId.ToHexString();

        await http.Response.WriteAsJsonAsync(
            problem, problem.GetType(), options, "application/problem+json", http.RequestAborted);
    }
}
