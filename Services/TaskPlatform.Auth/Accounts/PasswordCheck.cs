using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using TaskPlatform.Auth.Data;

namespace TaskPlatform.Auth.Accounts;

/// <summary>Takes the same time whether there is such a user or not, so that the time tells nobody which addresses exist.</summary>
internal sealed class PasswordCheck
{
    private readonly IPasswordHasher<User> hasher;
    private readonly User nobody;

    public PasswordCheck(IPasswordHasher<User> hasher)
    {
        this.hasher = hasher;
        nobody = new User { Email = "", EmailKey = "", FullName = "", Role = "", PasswordHash = "", CreatedAt = default, UpdatedAt = default };
        nobody.PasswordHash = hasher.HashPassword(nobody, RandomNumberGenerator.GetHexString(32));
    }

    public bool IsRight(User? user, string password)
        => hasher.VerifyHashedPassword(user ?? nobody, (user ?? nobody).PasswordHash, password) != PasswordVerificationResult.Failed
            && user is not null;
}
