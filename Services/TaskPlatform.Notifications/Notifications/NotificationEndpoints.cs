using TaskPlatform.Notifications.Live;

namespace TaskPlatform.Notifications.Notifications;

internal static class NotificationEndpoints
{
    public static void MapNotificationEndpoints(this IEndpointRouteBuilder app)
    {
        var notifications = app.MapGroup("/api/notifications").RequireAuthorization().WithTags("Notifications");

        ListNotifications.Map(notifications);
        CountUnread.Map(notifications);
        MarkRead.Map(notifications);
        MarkAllRead.Map(notifications);
        StreamNotifications.Map(notifications);
    }
}
