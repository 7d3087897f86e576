using Microsoft.Net.Http.Headers;

namespace TaskPlatform.Tasks.Idempotency;

/// <summary>An answer that can be given again, to the letter.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Location">Where the new thing is.</param>
/// <param name="ETag">Its version.</param>
/// <param name="Body">JSON.</param>
internal sealed record StoredResponse(int Status, string Location, string ETag, string Body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.Headers[HeaderNames.Location] = Location;
        response.Headers[HeaderNames.ETag] = ETag;
        response.ContentType = "application/json; charset=utf-8";
        return response.WriteAsync(Body, httpContext.RequestAborted);
    }
}
