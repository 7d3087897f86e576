using Microsoft.AspNetCore.Authorization;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Determines who can use the dashboard. By default, no access is allowed.</summary>
public sealed class EventBusDashboardAuthorization
{
    /// <summary>The name of the host's authorization policy for the API below <c>/admin</c>. Required.</summary>
    public string? ApiPolicy { get; set; }

    /// <summary>Further requirements for a console session, such as a role. Default none.</summary>
    public Action<AuthorizationPolicyBuilder>? ConsolePolicy { get; set; }
}
