using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Console.Pages;
using TaskPlatform.ServiceDefaults.Data;

namespace TaskPlatform.Notifications.Console;

/// <summary>What holds for every page of the console: what a browser may load and do there, and what it shows while a server is away.</summary>
internal sealed class ConsolePages : IEndpointFilter
{
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var headers = context.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        try
        {
            return await next(context);
        }
        catch (EventTransportUnavailableException)
        {
            return Away("Redis can't be reached", "This page works again as soon as it is back.");
        }
        catch (WrongKeyException wrong)
        {
            return Away("Something is in the way", wrong.Message);
        }
        catch (Exception failure) when (DatabaseFailure.IsUnavailable(failure))
        {
            return Away("The database can't be reached", "This page works again as soon as it is back.");
        }
    }

    private static RazorComponentResult<AwayPage> Away(string what, string advice)
        => new(new { What = what, Advice = advice }) { StatusCode = StatusCodes.Status503ServiceUnavailable };
}
