using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A user's name, e-mail, role or password changed; the members hold the new state.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Email">Now.</param>
/// <param name="FullName">Now.</param>
/// <param name="Role">Now: <c>admin</c> or <c>user</c>.</param>
/// <param name="Changed">The names of what changed, as on the wire.</param>
public sealed record UserUpdated(
    long UserId, string Email = "", string FullName = "", string Role = "user", IReadOnlyList<string>? Changed = null)
    : IEvent<UserUpdated>
{
    /// <inheritdoc />
    public static string Type => "user.updated";

    /// <inheritdoc />
    public static JsonTypeInfo<UserUpdated> JsonTypeInfo => ContractsJson.Default.UserUpdated;

    /// <summary>The names of what changed, as on the wire.</summary>
    public IReadOnlyList<string> Changed { get; init; } = Changed ?? [];

    string IEvent<UserUpdated>.AggregateId => UserId.ToString(CultureInfo.InvariantCulture);
}
