using System.Security.Claims;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>What a successful sign-in issued. The console keeps it in an encrypted cookie.</summary>
/// <param name="Identity">The operator. Needs the claims that <see cref="EventBusDashboardOptions.IdentifyOperator"/> reads.</param>
/// <param name="ExpiresAt">When the session ends.</param>
/// <param name="Token">What <see cref="IOperatorAuthenticator.SignOutAsync"/> needs to revoke it; null where that needs nothing.</param>
public sealed record OperatorSession(ClaimsIdentity Identity, DateTimeOffset ExpiresAt, string? Token = null);
