using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Http;
using MediaTypeHeaderValue = Microsoft.Net.Http.Headers.MediaTypeHeaderValue;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>
/// Accepts posts from the console's own pages only. The antiforgery middleware validates the form token; where it is not valid,
/// rejecting the request is left to the endpoint.
/// </summary>
internal sealed class ConsoleForms : IEndpointFilter
{
    private const string FormType = "application/x-www-form-urlencoded";
    private const char Nul = '\0';

    public static void Configure(AntiforgeryOptions options, IOptions<EventBusDashboardOptions> dashboard)
    {
        options.Cookie.Name = $"{dashboard.Value.CookieName}-forms";
        options.Cookie.Path = ConsoleSession.Path;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.HeaderName = null; // A token counts in a form only.
        options.SuppressXFrameOptionsHeader = true; // The content security policy allows no frame at all.
    }

    /// <summary>
    /// Reads a form before anything else does, and refuses one that can't be read: whatever reads it later, antiforgery and the rendering of
    /// pages too, finds it read. Comes before antiforgery.
    /// </summary>
    public static async Task ReadAsync(HttpContext http, RequestDelegate next)
    {
        if (HttpMethods.IsPost(http.Request.Method) && http.GetEndpoint()?.Metadata.GetMetadata<IAntiforgeryMetadata>() is not null
            && await RefuseUnreadableAsync(http) is { } refusal)
        {
            await refusal.ExecuteAsync(http);
            return;
        }

        await next(http);
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

    private static async Task<IResult?> RefuseUnreadableAsync(HttpContext http)
    {
        // A browser sends no other: the pages have no form with a file.
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MediaType.Equals(FormType, StringComparison.OrdinalIgnoreCase))
            return TypedResults.Problem($"A form must be {FormType}.", statusCode: StatusCodes.Status415UnsupportedMediaType);

        try
        {
            var errors = new FieldErrors();
            foreach (var (name, values) in await http.Request.ReadFormAsync(http.RequestAborted))
            {
                errors.Require(!name.Contains(Nul), "form", "Must not contain the character NUL.")
                    .Require(values.All(value => value?.Contains(Nul) != true), name, "Must not contain the character NUL.");
            }

            return errors.Any ? errors.ToProblem() : null;
        }
        catch (InvalidDataException refusal)
        {
            return TypedResults.Problem(refusal.Message, statusCode: StatusCodes.Status400BadRequest); // More fields, or longer ones, than the server reads.
        }
    }

    // The token alone can't stop a sibling host: it may set cookies of this one, and so plant a token of its own in the sign-in form.
    private static bool IsSameOrigin(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" => true,
        "" => Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
