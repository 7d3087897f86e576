using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A notification is there for its recipient.</summary>
/// <param name="NotificationId">Which.</param>
/// <param name="UserId">The recipient.</param>
/// <param name="TaskId">The task it is about; null where it is about none.</param>
/// <param name="Channel">How it reaches the recipient: <c>in_app</c>.</param>
/// <param name="CauseEventId">The event that it tells of.</param>
public sealed record NotificationSent(
    long NotificationId, long UserId, long? TaskId = null, string Channel = "in_app", Guid? CauseEventId = null)
    : IEvent<NotificationSent>
{
    /// <inheritdoc />
    public static string Type => "notification.sent";

    /// <inheritdoc />
    public static JsonTypeInfo<NotificationSent> JsonTypeInfo => ContractsJson.Default.NotificationSent;

    string IEvent<NotificationSent>.AggregateId => NotificationId.ToString(CultureInfo.InvariantCulture);
}
