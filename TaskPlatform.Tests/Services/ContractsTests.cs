using System.Text.Json;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Services;

public sealed class ContractsTests
{
    [Fact]
    public void The_catalog_contains_the_ten_events_and_the_one_of_the_bus()
        => Assert.Equal(
            [
                "alert.changed", "notification.failed", "notification.sent", "task.assigned", "task.completed", "task.created", "task.deleted",
                "task.updated", "user.created", "user.deleted", "user.updated",
            ],
            TaskPlatformEvents.Catalog().Types.Order());

    [Fact]
    public void A_minimal_payload_of_another_publisher_is_read()
    {
        var task = Read<TaskCreated>("""{"task_id":123,"title":"Fix bug","worker_ids":[2,3],"colour":"red"}""");

        Assert.Equal((123, "Fix bug"), (task.TaskId, task.Title));
        Assert.Equal([2, 3], task.WorkerIds);
        Assert.Null(task.DueAt);
        Assert.Empty(Read<TaskCreated>("""{"task_id":123}""").WorkerIds);
        Assert.Empty(Read<TaskCreated>("""{"task_id":123,"worker_ids":null}""").WorkerIds);
    }

    [Fact]
    public void An_event_without_its_aggregates_id_is_rejected()
        => Assert.Throws<JsonException>(() => Read<TaskCreated>("""{"title":"Fix bug"}"""));

    [Fact]
    public void A_timestamp_without_an_offset_is_UTC()
    {
        var expected = new DateTimeOffset(2026, 1, 31, 17, 0, 0, TimeSpan.Zero);

        Assert.Equal(expected, Read<TaskCreated>("""{"task_id":1,"due_at":"2026-01-31T17:00:00"}""").DueAt);
        Assert.Equal(expected, Read<TaskCreated>("""{"task_id":1,"due_at":"2026-01-31T19:00:00+02:00"}""").DueAt);
        Assert.Contains("\"2026-01-31T17:00:00Z\"", Write(new TaskCreated(1, DueAt: expected)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_payloads_have_the_documented_members()
    {
        AssertMembers(new UserCreated(1), "user_id", "email", "full_name", "role");
        AssertMembers(new UserUpdated(1), "user_id", "email", "full_name", "role", "changed");
        AssertMembers(new UserDeleted(1), "user_id", "email");
        AssertMembers(new TaskCreated(1), "task_id", "title", "description", "creator_id", "worker_ids", "due_at");
        AssertMembers(
            new TaskUpdated(1),
            "task_id", "title", "description", "status", "due_at", "worker_ids", "creator_id", "changed", "updated_by");
        AssertMembers(new TaskAssigned(1), "task_id", "title", "worker_ids", "added", "removed", "assigned_by");
        AssertMembers(new TaskCompleted(1), "task_id", "title", "creator_id", "worker_ids", "completed_by");
        AssertMembers(new TaskDeleted(1), "task_id", "title", "creator_id", "worker_ids", "deleted_by");
        AssertMembers(new NotificationSent(1, 2), "notification_id", "user_id", "task_id", "channel", "cause_event_id");
        AssertMembers(new NotificationFailed(Guid.Empty), "cause_event_id", "cause_type", "user_id", "task_id", "error");
    }

    private static void AssertMembers<TEvent>(TEvent data, params string[] members)
        where TEvent : class, IEvent<TEvent>
        => Assert.Equal(members.Order(), JsonElement.Parse(Write(data)).EnumerateObject().Select(member => member.Name).Order());

    private static TEvent Read<TEvent>(string json)
        where TEvent : class, IEvent<TEvent>
        => JsonSerializer.Deserialize(json, TEvent.JsonTypeInfo)!;

    private static string Write<TEvent>(TEvent data)
        where TEvent : class, IEvent<TEvent>
        => JsonSerializer.Serialize(data, TEvent.JsonTypeInfo);
}
