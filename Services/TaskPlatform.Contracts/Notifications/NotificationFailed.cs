using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>An event that should have led to notifications was dead-lettered.</summary>
/// <param name="CauseEventId">The id of the event, which also identifies this failure, because there is no notification.</param>
/// <param name="CauseType">The event's type.</param>
/// <param name="UserId">The user whom the event concerns, if any.</param>
/// <param name="TaskId">The task that the event concerns, if any.</param>
/// <param name="Error">The error.</param>
public sealed record NotificationFailed(
    Guid CauseEventId, string CauseType = "", long? UserId = null, long? TaskId = null, string Error = "")
    : IEvent<NotificationFailed>
{
    /// <inheritdoc />
    public static string Type => "notification.failed";

    /// <inheritdoc />
    public static JsonTypeInfo<NotificationFailed> JsonTypeInfo => ContractsJson.Default.NotificationFailed;

    string IEvent<NotificationFailed>.AggregateId => CauseEventId.ToString();
}
