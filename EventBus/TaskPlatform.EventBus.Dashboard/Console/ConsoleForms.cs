using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Http;
using MediaTypeHeaderValue = Microsoft.Net.Http.Headers.MediaTypeHeaderValue;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>
/// Accepts posts only from the console's own pages. The antiforgery middleware validates the form token, but it leaves rejecting the request
/// to the endpoint.
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
        options.HeaderName = null; // The token must be in the form.
        options.SuppressXFrameOptionsHeader = true; // The content security policy forbids framing.
    }

    /// <summary>
    /// Reads forms early and rejects unreadable ones, so that antiforgery and the rendering of pages find a form that was already read. Must come
    /// before antiforgery.
    /// </summary>
    public static async Task ReadAsync(HttpContext http, RequestDelegate next)
    {
        if (HttpMethods.IsPost(http.Request.Method) && http.GetEndpoint()?.Metadata.GetMetadata<IAntiforgeryMetadata>() is not null
            && await RejectUnreadableAsync(http) is { } rejection)
        {
            await rejection.ExecuteAsync(http);
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
            "This form was not sent from the console, or the session has ended. Open the page again.",
            statusCode: StatusCodes.Status400BadRequest);
    }

    public static bool IsValid(HttpContext http)
        => http.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: true } && IsSameOrigin(http.Request);

    private static async Task<IResult?> RejectUnreadableAsync(HttpContext http)
    {
        // Browsers send no other type, because the pages have no file inputs.
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
        catch (InvalidDataException failure)
        {
            return TypedResults.Problem(failure.Message, statusCode: StatusCodes.Status400BadRequest); // Too many or too long fields.
        }
    }

    // The token alone doesn't stop a sibling host, which may set cookies for this host and plant its own token in the sign-in form.
    private static bool IsSameOrigin(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" => true,
        "" => Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
