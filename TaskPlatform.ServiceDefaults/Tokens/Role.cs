namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>What a user may be, and the authorization policies of that name.</summary>
public static class Role
{
    /// <summary>May do everything.</summary>
    public const string Admin = "admin";

    /// <summary>Everybody else.</summary>
    public const string User = "user";
}
