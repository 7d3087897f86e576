namespace TaskPlatform.Notifications;

/// <summary>Marker type for this service's assembly, because every service has a Program.</summary>
public sealed class NotificationsService;
