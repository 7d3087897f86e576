namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Whether a console session is still accepted.</summary>
public enum SessionStatus
{
    /// <summary>The session may use the console.</summary>
    Valid,

    /// <summary>The session was revoked: it ends, and the operator has to sign in again.</summary>
    Revoked,

    /// <summary>Whether it was revoked can't be determined at the moment: it may only sign out, and every other page answers 503.</summary>
    Unknown,
}
