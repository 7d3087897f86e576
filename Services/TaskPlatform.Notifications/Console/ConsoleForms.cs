using Microsoft.AspNetCore.Antiforgery;

namespace TaskPlatform.Notifications.Console;

/// <summary>
/// Accepts posts from the console's own pages only. The antiforgery middleware validates the form token; where it is not valid,
/// rejecting the request is left to the endpoint.
/// </summary>
internal sealed class ConsoleForms : IEndpointFilter
{
    public static void Configure(AntiforgeryOptions options)
    {
        options.Cookie.Name = "taskplatform-console-forms";
        options.Cookie.Path = ConsoleSession.Path;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.HeaderName = null; // A token counts in a form only.
        options.SuppressXFrameOptionsHeader = true; // The content security policy allows no frame at all.
    }

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) || IsValid(http))
            return await next(context);

        return TypedResults.Problem(
            "This form does not come from the console, or its session has ended. Open the page again.",
            statusCode: StatusCodes.Status400BadRequest);
    }

    public static bool IsValid(HttpContext http)
        => http.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: true } && IsSameOrigin(http.Request);

    // The token alone can't stop a sibling host: it may set cookies of this one, and so plant a token of its own in the sign-in form.
    private static bool IsSameOrigin(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" => true,
        "" => Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
