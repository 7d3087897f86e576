using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>An account was deleted. Services that store data of the user erase it.</summary>
public sealed record UserDeleted(long UserId, string Email = "") : IEvent<UserDeleted>
{
    /// <inheritdoc />
    public static string Type => "user.deleted";

    /// <inheritdoc />
    public static JsonTypeInfo<UserDeleted> JsonTypeInfo => ContractsJson.Default.UserDeleted;

    string IEvent<UserDeleted>.AggregateId => UserId.ToString(CultureInfo.InvariantCulture);
}
