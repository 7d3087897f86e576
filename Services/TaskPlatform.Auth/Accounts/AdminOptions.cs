namespace TaskPlatform.Auth.Accounts;

/// <summary>The first admin, in the section <c>Admin</c>. Used only while there is no admin.</summary>
internal sealed class AdminOptions
{
    public const string Section = "Admin";

    public string? Email { get; set; }

    public string? Password { get; set; }
}
