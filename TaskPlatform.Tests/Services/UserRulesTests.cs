using TaskPlatform.Auth.Users;

namespace TaskPlatform.Tests.Services;

/// <summary>Which e-mail addresses are valid, and which passwords are too common.</summary>
public sealed class UserRulesTests
{
    [Theory]
    [InlineData("ann@example.org")]
    [InlineData("Ann.O'Neil+tasks@mail.example.co.uk")]
    [InlineData("ann@xn--mller-kva.example")]
    [InlineData("admin@taskplatform.local")]
    [InlineData("root@localhost")]
    public void A_plain_address_is_valid(string email) => Assert.True(UserRules.IsEmail(email));

    [Theory]
    [InlineData(65, 3)]
    [InlineData(60, 192)]
    public void An_address_has_a_maximum_length(int local, int labels)
        => Assert.False(UserRules.IsEmail($"{new string('a', local)}@{string.Concat(Enumerable.Repeat("b.", labels / 2))}cc"));

    [Theory]
    [InlineData("password1234")]
    [InlineData("1234password")]
    [InlineData("Pa$$w0rd2026!")]
    [InlineData("passwordpassword")]
    [InlineData("iloveyou!!!!")]
    [InlineData("September2026")]
    [InlineData("administrator")]
    [InlineData("123456789012")]
    [InlineData("qwertyuiop12")]
    [InlineData("1q2w3e4r5t6y")]
    [InlineData("mnbvcxzlkjhg")]
    [InlineData("112233445566")]
    [InlineData("ababababababab")]
    [InlineData("123456654321")]
    [InlineData("zxcasdqwe123")]
    [InlineData("1qazxsw23edc")]
    [InlineData("q1w2e3r4t5y6")]
    [InlineData("gfhjkmgfhjkm")]
    [InlineData("chickenwing101")]
    public void A_frequently_guessed_password_is_too_common(string password) => Assert.True(CommonPasswords.Has(password));

    [Theory]
    [InlineData("correct-horse-battery")]
    [InlineData("Admin-TaskPlatform-1")]
    [InlineData("a-long-password")]
    [InlineData("7391-as-482016")]
    [InlineData("asdf-7391-zx-82")]
    [InlineData("0A1F93C7E2B84D56")]
    public void An_uncommon_password_is_accepted(string password) => Assert.False(CommonPasswords.Has(password));
}
