using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TaskPlatform.ServiceDefaults.Http;

/// <summary>Answers HEAD wherever GET is answered (RFC 9110, 9.3.2): with the same status and headers; the server leaves out the body.</summary>
public static class HeadRequests
{
    /// <summary>Comes before routing, which then finds the endpoint of the GET.</summary>
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

    /// <summary>Whether the request is a HEAD. An endpoint whose answer has no end must end it after its headers.</summary>
    public static bool IsHead(this HttpContext context) => context.Features.Get<HeadRequest>() is not null;

    private sealed class HeadRequest;
}
