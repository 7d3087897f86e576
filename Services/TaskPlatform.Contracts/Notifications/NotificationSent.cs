using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A notification was created for its recipient.</summary>
/// <param name="NotificationId">The notification's id.</param>
/// <param name="UserId">The recipient.</param>
/// <param name="TaskId">The task that the notification concerns; null if there is none.</param>
/// <param name="Channel">How it is delivered: <c>in_app</c>.</param>
/// <param name="CauseEventId">The event that caused the notification.</param>
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
