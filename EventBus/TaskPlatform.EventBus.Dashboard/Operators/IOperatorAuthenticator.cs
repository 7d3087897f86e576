using System.Security.Claims;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Signs operators in to the console. The host implements it over its own accounts, and registers it as a service.</summary>
public interface IOperatorAuthenticator
{
    /// <summary>Checks an operator's credentials. They are untrusted input and may be empty.</summary>
    Task<SignInOutcome> SignInAsync(string email, string password, CancellationToken cancellationToken);

    /// <summary>
    /// Revokes the token that <see cref="SignInAsync"/> issued. The session in the browser ends in any case, so a failure is not an exception.
    /// </summary>
    /// <param name="token">The token of the <see cref="OperatorSession"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The outcome, in a sentence for the audit.</returns>
    Task<string> SignOutAsync(string? token, CancellationToken cancellationToken);

    /// <summary>Checks a session. Called on each request, and every second while a page displays live events.</summary>
    /// <param name="session">The identity of the <see cref="OperatorSession"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<SessionStatus> CheckAsync(ClaimsPrincipal session, CancellationToken cancellationToken);
}
