using System.Security.Claims;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Signs operators in to the console. The host implements it over its own accounts, and registers it as a service.</summary>
public interface IOperatorAuthenticator
{
    /// <summary>Checks an operator's credentials. The form may be empty or anything else that a browser can send.</summary>
    Task<SignInOutcome> SignInAsync(string email, string password, CancellationToken cancellationToken);

    /// <summary>
    /// Revokes what <see cref="SignInAsync"/> issued. The session in the browser ends in any case, so a failure to revoke is no exception.
    /// </summary>
    /// <param name="token">The token of the <see cref="OperatorSession"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The outcome, in a sentence for the audit.</returns>
    Task<string> SignOutAsync(string? token, CancellationToken cancellationToken);

    /// <summary>Checks a session. Called for each request, and each second for a page that shows live events.</summary>
    /// <param name="session">The identity of the <see cref="OperatorSession"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<SessionStatus> CheckAsync(ClaimsPrincipal session, CancellationToken cancellationToken);
}
