using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A user has registered.</summary>
public sealed record UserCreated(long UserId, string Email = "", string FullName = "", string Role = "user") : IEvent<UserCreated>
{
    /// <inheritdoc />
    public static string Type => "user.created";

    /// <inheritdoc />
    public static JsonTypeInfo<UserCreated> JsonTypeInfo => ContractsJson.Default.UserCreated;

    string IEvent<UserCreated>.AggregateId => UserId.ToString(CultureInfo.InvariantCulture);
}
