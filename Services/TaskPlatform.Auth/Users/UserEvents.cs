using TaskPlatform.Auth.Data;
using TaskPlatform.Contracts;

namespace TaskPlatform.Auth.Users;

/// <summary>Creates the events that Auth publishes about a user.</summary>
internal static class UserEvents
{
    public static UserCreated Created(User user) => new(user.Id, user.Email, user.FullName, user.Role);

    public static UserUpdated Updated(User user, IReadOnlyList<string> changed)
        => new(user.Id, user.Email, user.FullName, user.Role, changed);

    public static UserDeleted Deleted(User user) => new(user.Id, user.Email);
}
