using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Polly;
using TaskPlatform.Notifications.Admin.Audit;

namespace TaskPlatform.Notifications.Console.Pages;

/// <summary>Ends the session in this browser, and has Auth revoke the operator's tokens. The first succeeds even if Auth is unavailable.</summary>
internal static class SignOut
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(3);

    // Service discovery resolves the host.
    private static readonly Uri Logout = new("http://auth/api/auth/logout");

    public static void Map(IEndpointRouteBuilder session) => session.MapPost("/sign-out", HandleAsync).WithName(nameof(SignOut));

    private static async Task<SignOutHttpResult> HandleAsync(
        HttpContext http, IHttpClientFactory clients, AuditEntry audit, CancellationToken cancellationToken)
    {
        var token = await http.GetTokenAsync(ConsoleSession.Scheme, ConsoleSession.TokenName);
        audit.Add(await RevokeAsync(token, clients, cancellationToken) is { } failure
            ? $"Auth could not revoke the token, which expires by itself: {failure}"
            : "The operator's tokens are revoked.");
        return TypedResults.SignOut(new() { RedirectUri = $"{ConsoleSession.Path}/sign-in" }, [ConsoleSession.Scheme]);
    }

    /// <returns>Why it failed; null if it did not.</returns>
    private static async Task<string?> RevokeAsync(string? token, IHttpClientFactory clients, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            using var auth = clients.CreateClient(SignIn.HttpClientName);
            using var request = new HttpRequestMessage(HttpMethod.Post, Logout);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await auth.SendAsync(request, limit.Token);

            // 401: it was revoked before.
            return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.Unauthorized ? null : $"{(int)answer.StatusCode}";
        }
        catch (Exception failure) when (failure is HttpRequestException or ExecutionRejectedException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return failure.Message;
        }
    }
}
