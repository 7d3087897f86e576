using System.Security.Cryptography;

namespace TaskPlatform.Auth.Data;

/// <summary>An account. Its version is the version of its last event.</summary>
internal sealed class User
{
    public const string UniqueEmail = "ix_users_email_key";

    private const int StampLength = 32;

    public long Id { get; init; }

    /// <summary>The address as the user entered it.</summary>
    public required string Email { get; set; }

    /// <summary>The normalized address, which is unique (see <see cref="KeyOf"/>).</summary>
    public required string EmailKey { get; set; }

    public required string FullName { get; set; }

    public required string Role { get; set; }

    public required string PasswordHash { get; set; }

    /// <summary>The random stamp in the user's tokens, valid until the next <see cref="RenewStamp"/>.</summary>
    public string SecurityStamp { get; private set; } = NewStamp();

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    public int Version { get; set; } = 1;

    /// <summary>Addresses that differ only in case belong to the same account.</summary>
    public static string KeyOf(string email) => email.ToUpperInvariant();

    /// <summary>Replaces the user's stamp.</summary>
    /// <returns>The old stamp.</returns>
    public string RenewStamp()
    {
        var old = SecurityStamp;
        SecurityStamp = NewStamp();
        return old;
    }

    private static string NewStamp() => RandomNumberGenerator.GetHexString(StampLength, lowercase: true);
}
