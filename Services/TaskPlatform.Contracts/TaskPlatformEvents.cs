using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>The events of the platform.</summary>
public static class TaskPlatformEvents
{
    /// <summary>All of them.</summary>
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

    /// <summary>The service whose log has the events of a type: each aggregate's events have one owner.</summary>
    public static string OwnerOf(string eventType) => eventType.Split('.')[0] switch
    {
        "user" => "auth",
        "task" => "tasks",
        _ => "notifications",
    };
}
