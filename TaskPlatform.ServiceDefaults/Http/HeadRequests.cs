using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TaskPlatform.ServiceDefaults.Http;

/// <summary>Answers HEAD on every route that answers GET (RFC 9110, 9.3.2), with the same status and headers; the server omits the body.</summary>
public static class HeadRequests
{
    /// <summary>Must come before routing, which then matches the GET endpoint.</summary>
    internal static void UseHeadRequests(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        context.Features.Set(new HeadRequest());
        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head; // For metrics and logs.
        }
    });

    /// <summary>Whether the request is a HEAD. An endpoint with an endless response must end it after the headers.</summary>
    public static bool IsHead(this HttpContext context) => context.Features.Get<HeadRequest>() is not null;

    private sealed class HeadRequest;
}
