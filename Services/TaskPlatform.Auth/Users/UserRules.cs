using System.Text.RegularExpressions;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Auth.Users;

/// <summary>Validation rules for users, shared by all routes.</summary>
internal static partial class UserRules
{
    public const int MinPassword = 12;

    private const int MaxEmail = 254;
    private const int MaxName = 200;

    // The cost of hashing and of the rules grows with the length.
    private const int MaxPassword = 256;

    public static FieldErrors RequireEmail(this FieldErrors errors, string? email) => errors
        .Require(email?.All(char.IsAscii) != false, "email", "Must contain only ASCII characters. Write an international domain in its ASCII form, xn--….")
        .Require(IsEmail(email), "email", "This is not an e-mail address.");

    public static FieldErrors RequireFullName(this FieldErrors errors, string? name) => errors
        .Require(!string.IsNullOrWhiteSpace(name), "full_name", "The name is missing.")
        .Require(name is not { Length: > MaxName }, "full_name", $"Must have at most {MaxName} characters.")
        .Require(name?.Any(char.IsControl) != true, "full_name", "Must not contain control characters.");

    /// <param name="errors">The errors to add to.</param>
    /// <param name="password">The password.</param>
    /// <param name="email">The account's address, which must not be used as the password.</param>
    public static FieldErrors RequirePassword(this FieldErrors errors, string? password, string? email) => errors
        .Require(password is { Length: >= MinPassword }, "password", $"Must have at least {MinPassword} characters.")
        .Require(password is not { Length: > MaxPassword }, "password", $"Must have at most {MaxPassword} characters.")
        .Require(!string.IsNullOrWhiteSpace(password), "password", "Must not consist only of spaces.")
        .Require(!IsFrom(password, email), "password", "Must not be the e-mail address or the part before its @.")
        .Require(password is not { Length: <= MaxPassword } || !CommonPasswords.Has(password), "password", "This password is too common, or a variation of a common one. Choose another one.");

    /// <summary>
    /// Whether this is a valid address that can't be confused with another one. Only ASCII is accepted, because Unicode has many ways to write
    /// text that looks the same, and its normalization forms are unavailable with invariant globalization. Quoted local parts and IP addresses
    /// instead of domains are further ways to write the same address, so they are rejected too.
    /// </summary>
    public static bool IsEmail(string? email) => email is { Length: <= MaxEmail } && Address().IsMatch(email);

    private static bool IsFrom(string? password, string? email)
        => email is not null
            && (string.Equals(password, email, StringComparison.OrdinalIgnoreCase)
                || string.Equals(password, email.Split('@')[0], StringComparison.OrdinalIgnoreCase));

    // RFC 5321: a dot-string of up to 64 characters, and a domain of labels that neither begin nor end with a hyphen.
    [GeneratedRegex(
        """\A(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"""
        + """[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Address();
}
