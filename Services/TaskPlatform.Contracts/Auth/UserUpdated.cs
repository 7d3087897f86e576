using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A user's name, e-mail address, role or password was changed. The members contain the new state.</summary>
/// <param name="UserId">The user's id.</param>
/// <param name="Email">The new e-mail address.</param>
/// <param name="FullName">The new name.</param>
/// <param name="Role">The new role: <c>admin</c> or <c>user</c>.</param>
/// <param name="Changed">The names of the changed members, as on the wire.</param>
public sealed record UserUpdated(
    long UserId, string Email = "", string FullName = "", string Role = "user", IReadOnlyList<string>? Changed = null)
    : IEvent<UserUpdated>
{
    /// <inheritdoc />
    public static string Type => "user.updated";

    /// <inheritdoc />
    public static JsonTypeInfo<UserUpdated> JsonTypeInfo => ContractsJson.Default.UserUpdated;

    /// <summary>The names of the changed members, as on the wire.</summary>
    public IReadOnlyList<string> Changed { get; init; } = Changed ?? [];

    string IEvent<UserUpdated>.AggregateId => UserId.ToString(CultureInfo.InvariantCulture);
}
