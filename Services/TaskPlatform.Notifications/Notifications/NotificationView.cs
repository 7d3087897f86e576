using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Notifications;

/// <summary>The representation of a notification in responses.</summary>
internal sealed record NotificationView(
    long NotificationId, string Type, long? TaskId, string Message, bool Read, DateTimeOffset CreatedAt, DateTimeOffset? ReadAt)
{
    public static NotificationView Of(Notification notification) => new(
        notification.Id, notification.Type, notification.TaskId, notification.Message,
        notification.ReadAt is not null, notification.CreatedAt, notification.ReadAt);
}
