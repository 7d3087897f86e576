using System.Globalization;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker;

/// <summary>The texts of all notifications.</summary>
internal static class Messages
{
    public static string For(TaskCreated task) => $"You have a new task: {task.Title}{Due(task.DueAt)}";

    public static string For(TaskAssigned task) => $"You were assigned to the task: {task.Title}";

    public static string For(TaskUpdated task) => task.Changed.Count > 0
        ? $"The task was changed ({string.Join(", ", task.Changed.Select(Describe))}): {task.Title}"
        : $"The task was changed: {task.Title}";

    public static string For(TaskCompleted task) => $"Your task is done: {task.Title}";

    public static string For(TaskDeleted task) => $"The task was deleted: {task.Title}";

    public static string For(UserCreated user) => user.FullName.Length > 0
        ? $"Welcome to TaskPlatform, {user.FullName}!"
        : "Welcome to TaskPlatform!";

    public static string For(AlertChanged alert) => alert.IsResolved ? $"Alert resolved: {alert.Summary}" : $"Alert: {alert.Summary}";

    private static string Due(DateTimeOffset? at) => at is { } time
        ? string.Create(CultureInfo.InvariantCulture, $" (due {time.UtcDateTime:yyyy-MM-dd HH:mm} UTC)")
        : "";

    private static string Describe(string member) => member switch
    {
        "due_at" => "due date",
        "worker_ids" => "workers",
        _ => member.Replace('_', ' '),
    };
}
