using System.Net;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.IdentityModel.JsonWebTokens;
using Polly;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console.Pages;

/// <summary>Asks Auth for a token, as any other client does, and begins a session with its claims.</summary>
internal static class SignIn
{
    public const string HttpClientName = "console-auth";

    private const string AuthAddress = "services:auth:http:0";

    private sealed record Login(string Email, string Password);

    private sealed record Token(string AccessToken);

    public static void Map(IEndpointRouteBuilder site)
    {
        site.MapGet("/sign-in", Show).AllowAnonymous();
        site.MapPost("/sign-in", HandleAsync).AllowAnonymous();
    }

    private static RazorComponentResult<SignInPage> Show(string? back) => Page(back, "", null, StatusCodes.Status200OK);

    private static async Task<IResult> HandleAsync(
        HttpContext http, IHttpClientFactory clients, IConfiguration configuration, [FromQuery] string? back, CancellationToken cancellationToken)
    {
        if (!ConsoleForms.IsValid(http))
            return Page(back, "", "This form does not come from the console. Sign in again.", StatusCodes.Status400BadRequest);

        var form = await http.Request.ReadFormAsync(cancellationToken);
        var (email, password) = (form["email"].ToString(), form["password"].ToString());
        try
        {
            using var auth = clients.CreateClient(HttpClientName);
            using var answer = await auth.PostAsJsonAsync(
                new Uri(new Uri(configuration[AuthAddress]!), "/api/auth/login"), new Login(email, password), SnakeCase, cancellationToken);
            if (!answer.IsSuccessStatusCode)
                return Page(back, email, Explain(answer.StatusCode), StatusCodes.Status401Unauthorized);

            var token = new JsonWebToken((await answer.Content.ReadFromJsonAsync<Token>(SnakeCase, cancellationToken))!.AccessToken);
            if (!token.Claims.Any(claim => claim is { Type: TokenFormat.RoleClaim, Value: Role.Admin }))
                return Page(back, email, "This account is no admin's.", StatusCodes.Status403Forbidden);

            await ConsoleSession.BeginAsync(http, token);
            return TypedResults.LocalRedirect(ReturnAddress.Of(back) ?? ConsoleSession.Path);
        }
        catch (Exception failure) when (failure is HttpRequestException or ExecutionRejectedException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Page(back, email, "The auth service can't be reached at the moment.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static System.Text.Json.JsonSerializerOptions SnakeCase { get; } = new()
    {
        PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower,
    };

    private static string Explain(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => "There were too many tries. Wait a minute.",
        HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest => "The e-mail address or the password is wrong.",
        _ => "The auth service can't say at the moment.",
    };

    private static RazorComponentResult<SignInPage> Page(string? back, string email, string? problem, int status)
        => new(new { Back = ReturnAddress.Of(back), Email = email, Problem = problem }) { StatusCode = status };
}
