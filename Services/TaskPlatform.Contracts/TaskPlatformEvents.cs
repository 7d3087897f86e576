using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>The events of the platform.</summary>
public static class TaskPlatformEvents
{
    /// <summary>Creates the catalog of all events.</summary>
    public static EventCatalog Catalog() => new EventCatalog()
        .Add<UserCreated>()
        .Add<UserUpdated>()
        .Add<UserDeleted>()
        .Add<TaskCreated>()
        .Add<TaskUpdated>()
        .Add<TaskAssigned>()
        .Add<TaskCompleted>()
        .Add<TaskDeleted>()
        .Add<NotificationSent>()
        .Add<NotificationFailed>()
        .Add<AlertChanged>();

    /// <summary>The service whose log contains the events of a type. All events of an aggregate have the same owner.</summary>
    public static string OwnerOf(string eventType) => eventType.Split('.')[0] switch
    {
        "user" => "auth",
        "task" => "tasks",
        _ => "notifications",
    };
}
