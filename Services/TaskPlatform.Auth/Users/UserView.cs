using TaskPlatform.Auth.Data;

namespace TaskPlatform.Auth.Users;

/// <summary>The representation of a user in responses.</summary>
internal sealed record UserView(
    long UserId, string Email, string FullName, string Role, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int Version)
{
    public static UserView Of(User user)
        => new(user.Id, user.Email, user.FullName, user.Role, user.CreatedAt, user.UpdatedAt, user.Version);
}
