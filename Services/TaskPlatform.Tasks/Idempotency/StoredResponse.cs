using Microsoft.Net.Http.Headers;

namespace TaskPlatform.Tasks.Idempotency;

/// <summary>A stored response that is returned again unchanged.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Location">The address of the created resource.</param>
/// <param name="ETag">The version of the created resource.</param>
/// <param name="Body">The JSON body.</param>
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
