using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>Lets the host check an operator's credentials, and begins a session.</summary>
internal static class SignIn
{
    public static void Map(IEndpointRouteBuilder site)
    {
        site.MapGet("/sign-in", Show).AllowAnonymous();
        site.MapPost("/sign-in", HandleAsync).AllowAnonymous();
    }

    private static RazorComponentResult<SignInPage> Show(string? back) => Page(back, "", null, StatusCodes.Status200OK);

    private static async Task<IResult> HandleAsync(
        HttpContext http, IOperatorAuthenticator operators, [FromQuery] string? back, CancellationToken cancellationToken)
    {
        if (!ConsoleForms.IsValid(http))
            return Page(back, "", "This form was not sent from the console. Sign in again.", StatusCodes.Status400BadRequest);

        var form = await http.Request.ReadFormAsync(cancellationToken);
        var (email, password) = (form["email"].ToString(), form["password"].ToString());
        var outcome = await operators.SignInAsync(email, password, cancellationToken);
        if (outcome.Session is not { } session)
            return Page(back, email, outcome.Problem, outcome.Status);

        await ConsoleSession.BeginAsync(http, session);
        return TypedResults.LocalRedirect(ReturnAddress.Of(back) ?? ConsoleSession.Path);
    }

    private static RazorComponentResult<SignInPage> Page(string? back, string email, string? problem, int status)
        => new(new { Back = ReturnAddress.Of(back), Email = email, Problem = problem }) { StatusCode = status };
}
