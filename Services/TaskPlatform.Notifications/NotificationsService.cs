namespace TaskPlatform.Notifications;

/// <summary>Stands for this service where a type must name it, as every service has a Program.</summary>
public sealed class NotificationsService;
