using System.Net.Mail;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Auth.Users;

/// <summary>What a user's members may be, by whichever route they come.</summary>
internal static class UserRules
{
    public const int MinPassword = 12;

    private const int MaxEmail = 254;
    private const int MaxName = 200;

    // Hashing costs time by length too.
    private const int MaxPassword = 256;

    public static FieldErrors RequireEmail(this FieldErrors errors, string? email)
        => errors.Require(IsEmail(email), "email", "This is not an e-mail address.");

    public static FieldErrors RequireFullName(this FieldErrors errors, string? name) => errors
        .Require(!string.IsNullOrWhiteSpace(name), "full_name", "The name is missing.")
        .Require(name is not { Length: > MaxName }, "full_name", $"Must have at most {MaxName} characters.")
        .Require(name?.Any(char.IsControl) != true, "full_name", "Must not contain control characters.");

    public static FieldErrors RequirePassword(this FieldErrors errors, string? password) => errors
        .Require(password is { Length: >= MinPassword }, "password", $"Must have at least {MinPassword} characters.")
        .Require(password is not { Length: > MaxPassword }, "password", $"Must have at most {MaxPassword} characters.");

    public static bool IsEmail(string? email)
        => email is { Length: > 0 and <= MaxEmail }
            && !email.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
            && MailAddress.TryCreate(email, out var address)
            && address.Address == email;
}
