using System.Net;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Polly;
using TaskPlatform.EventBus.Dashboard;
using TaskPlatform.ServiceDefaults.Http;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Operators;

/// <summary>Signs admins in to the console with a token from Auth, like any other client. The session ends when the token does.</summary>
internal sealed class AuthOperators(HttpClient auth, RevokedTokens revoked) : IOperatorAuthenticator
{
    private static readonly TimeSpan SignOutTimeout = TimeSpan.FromSeconds(3);

    private static readonly string[] SessionClaims =
        [TokenFormat.SubjectClaim, TokenFormat.EmailClaim, TokenFormat.RoleClaim, TokenFormat.StampClaim, TokenFormat.ExpiryClaim];

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Login(string Email, string Password);

    private sealed record Token(string AccessToken);

    public static void Add(WebApplicationBuilder builder) => builder.Services
        .AddHttpClient<IOperatorAuthenticator, AuthOperators>(auth =>
        {
            auth.BaseAddress = new Uri("http://auth"); // Service discovery resolves the host.
            auth.Timeout = TimeSpan.FromSeconds(10);
        })
        .ForwardClientAddress();

    public async Task<SignInOutcome> SignInAsync(string email, string password, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await auth.PostAsJsonAsync("/api/auth/login", new Login(email, password), SnakeCase, cancellationToken);
            if (!response.IsSuccessStatusCode)
                return SignInOutcome.Rejected(StatusCodes.Status401Unauthorized, Explain(response.StatusCode));

            var token = new JsonWebToken((await response.Content.ReadFromJsonAsync<Token>(SnakeCase, cancellationToken))!.AccessToken);
            return token.Claims.Any(claim => claim is { Type: TokenFormat.RoleClaim, Value: Role.Admin })
                ? SignInOutcome.Accepted(SessionOf(token))
                : SignInOutcome.Rejected(StatusCodes.Status403Forbidden, "This account is not an admin.");
        }
        catch (Exception failure) when (IsUnavailable(failure) && !cancellationToken.IsCancellationRequested)
        {
            return SignInOutcome.Rejected(StatusCodes.Status503ServiceUnavailable, "The auth service is unavailable at the moment.");
        }
    }

    public async Task<string> SignOutAsync(string? token, CancellationToken cancellationToken)
        => await RevokeAsync(token, cancellationToken) is { } failure
            ? $"Auth could not revoke the tokens, which stay valid until they expire: {failure}"
            : "The operator's tokens were revoked.";

    public async ValueTask<SessionStatus> CheckAsync(ClaimsPrincipal session, CancellationToken cancellationToken)
        => await revoked.IsRevokedAsync(session, cancellationToken) ? SessionStatus.Revoked
            : revoked.IsCurrent ? SessionStatus.Valid
            : SessionStatus.Unknown;

    private static OperatorSession SessionOf(JsonWebToken token)
    {
        var claims = token.Claims.Where(claim => SessionClaims.Contains(claim.Type));
        var identity = new ClaimsIdentity(claims, nameof(AuthOperators), TokenFormat.SubjectClaim, TokenFormat.RoleClaim);
        return new OperatorSession(identity, token.ValidTo, token.EncodedToken);
    }

    /// <returns>The failure; null on success.</returns>
    private async Task<string?> RevokeAsync(string? token, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SignOutTimeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/logout");
            request.Headers.Authorization = new("Bearer", token);
            using var response = await auth.SendAsync(request, limit.Token);

            // 401 means that the token had already been revoked.
            return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.Unauthorized ? null : $"{(int)response.StatusCode}";
        }
        catch (Exception failure) when (IsUnavailable(failure) && !cancellationToken.IsCancellationRequested)
        {
            return failure.Message;
        }
    }

    private static bool IsUnavailable(Exception failure) => failure is HttpRequestException or ExecutionRejectedException or OperationCanceledException;

    private static string Explain(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => "Too many attempts. Wait a minute.",
        HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest => "The e-mail address or the password is wrong.",
        _ => "The auth service could not check the password. Try again later.",
    };
}
