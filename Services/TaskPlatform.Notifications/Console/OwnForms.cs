using System.Security.Cryptography;
using System.Text;

namespace TaskPlatform.Notifications.Console;

/// <summary>
/// Takes posts from the console's own pages alone: the browser says where they come from, and they carry the session's form token.
/// </summary>
internal sealed class OwnForms : IEndpointFilter
{
    public const string Field = "form_token";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) || (IsSameOrigin(http.Request) && await HasTokenAsync(http)))
            return await next(context);

        return TypedResults.Problem(
            "This form does not come from the console, or its session has ended. Open the page again.",
            statusCode: StatusCodes.Status400BadRequest);
    }

    /// <summary>Whether the browser says that the request comes from a page of this very host.</summary>
    public static bool IsSameOrigin(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" => true,
        "" => Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static async Task<bool> HasTokenAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
            return false;

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(form[Field].ToString()), Encoding.UTF8.GetBytes(ConsoleSession.FormToken(http)));
    }
}
