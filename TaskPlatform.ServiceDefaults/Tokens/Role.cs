namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>The roles of users, which are also the names of authorization policies.</summary>
public static class Role
{
    /// <summary>Has all permissions.</summary>
    public const string Admin = "admin";

    /// <summary>Every other user.</summary>
    public const string User = "user";
}
