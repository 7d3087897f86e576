using System.Text.RegularExpressions;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Auth.Users;

/// <summary>What a user's members may be, by whichever route they come.</summary>
internal static partial class UserRules
{
    public const int MinPassword = 12;

    private const int MaxEmail = 254;
    private const int MaxName = 200;

    // Hashing costs time by length too, and so do the rules.
    private const int MaxPassword = 256;

    public static FieldErrors RequireEmail(this FieldErrors errors, string? email) => errors
        .Require(email?.All(char.IsAscii) != false, "email", "Must have ASCII characters only. An international domain is written as xn--…, its ASCII form.")
        .Require(IsEmail(email), "email", "This is not an e-mail address.");

    public static FieldErrors RequireFullName(this FieldErrors errors, string? name) => errors
        .Require(!string.IsNullOrWhiteSpace(name), "full_name", "The name is missing.")
        .Require(name is not { Length: > MaxName }, "full_name", $"Must have at most {MaxName} characters.")
        .Require(name?.Any(char.IsControl) != true, "full_name", "Must not contain control characters.");

    /// <param name="errors">Where an error is noted.</param>
    /// <param name="password">The password.</param>
    /// <param name="email">The address of its account, which it must not be.</param>
    public static FieldErrors RequirePassword(this FieldErrors errors, string? password, string? email) => errors
        .Require(password is { Length: >= MinPassword }, "password", $"Must have at least {MinPassword} characters.")
        .Require(password is not { Length: > MaxPassword }, "password", $"Must have at most {MaxPassword} characters.")
        .Require(!string.IsNullOrWhiteSpace(password), "password", "Must not consist of spaces.")
        .Require(!IsFrom(password, email), "password", "Must not be the e-mail address or the part before its @.")
        .Require(password is not { Length: <= MaxPassword } || !CommonPasswords.Has(password), "password", "This is too common, or a common password with something added. Choose another one.");

    /// <summary>
    /// Whether it is an address that can be told apart from every other one. Only ASCII is accepted: beyond it there are many ways to write what
    /// looks the same, and the normal forms of Unicode are not available where globalization is invariant. Quoted local parts and addresses in
    /// place of the domain are other ways to write the same, so they are refused as well.
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
