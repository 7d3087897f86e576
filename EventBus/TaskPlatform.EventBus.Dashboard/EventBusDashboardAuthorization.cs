using Microsoft.AspNetCore.Authorization;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Who may use the dashboard. Nothing of it is open by default.</summary>
public sealed class EventBusDashboardAuthorization
{
    /// <summary>The name of the host's authorization policy for the API below <c>/admin</c>. Required.</summary>
    public string? ApiPolicy { get; set; }

    /// <summary>What the console requires of a session beyond a successful sign-in, for example a role. Default: nothing more.</summary>
    public Action<AuthorizationPolicyBuilder>? ConsolePolicy { get; set; }
}
