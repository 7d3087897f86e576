using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Console.Pages;
using TaskPlatform.EventBus.Postgres;

namespace TaskPlatform.EventBus.Dashboard.Console;

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
        catch (Exception failure) when (PostgresAvailability.IsUnavailable(failure) || PostgresAvailability.IsConflict(failure))
        {
            return Unavailable("The database can't be reached", "This page works again as soon as it is back.");
        }
    }

    public static RazorComponentResult<UnavailablePage> Unavailable(string what, string advice)
        => new(new { What = what, Advice = advice }) { StatusCode = StatusCodes.Status503ServiceUnavailable };
}
