using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Console.Pages;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console;

/// <summary>Keeps pages out of caches, and shows why one is unavailable while a server is.</summary>
internal sealed class ConsolePages : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // Antiforgery sets the same value, and warns where it replaces another one.
        context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store";
        try
        {
            return await next(context);
        }
        catch (EventTransportUnavailableException)
        {
            return Unavailable("Redis can't be reached", "This page works again as soon as it is back.");
        }
        catch (WrongKeyTypeException wrong)
        {
            return Unavailable("Something is in the way", wrong.Message);
        }
        catch (RevokedTokensUnavailableException)
        {
            return Unavailable("The auth service can't be reached", "So it is not known which sessions have ended. This page works again as soon as it is back.");
        }
        catch (Exception failure) when (DatabaseFailure.IsUnavailable(failure))
        {
            return Unavailable("The database can't be reached", "This page works again as soon as it is back.");
        }
    }

    private static RazorComponentResult<UnavailablePage> Unavailable(string what, string advice)
        => new(new { What = what, Advice = advice }) { StatusCode = StatusCodes.Status503ServiceUnavailable };
}
