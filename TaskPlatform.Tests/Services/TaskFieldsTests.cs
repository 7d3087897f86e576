using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using TaskPlatform.Contracts;
using TaskPlatform.Tasks.Data;
using TaskPlatform.Tasks.Tasks;

namespace TaskPlatform.Tests.Services;

/// <summary>A field of a task that is left out somewhere would fail nowhere else: it would never be set, returned or published.</summary>
public sealed class TaskFieldsTests
{
    /// <summary>Set by the service, never by a client.</summary>
    private static readonly string[] OwnFields = ["Id", "CreatorId", "CreatedAt", "UpdatedAt", "CompletedAt", "Version"];

    [Theory]
    [InlineData(typeof(CreateTask.Request), "Status")]
    [InlineData(typeof(UpdateTask.Request))]
    [InlineData(typeof(TaskCreated), "Status")]
    [InlineData(typeof(TaskUpdated))]
    public void Every_field_of_a_task_can_be_set_and_is_published(Type carrier, params string[] without)
    {
        var fields = Names(typeof(TaskItem)).Except(OwnFields).Except(without);

        Assert.Empty(fields.Except(Names(carrier)));
    }

    [Fact]
    public void Every_field_of_a_task_is_returned()
        => Assert.Empty(Names(typeof(TaskItem)).Except(["Id"]).Except(Names(typeof(TaskView))));

    [Fact]
    public void The_past_of_a_task_is_rebuilt_from_what_is_published_about_it()
    {
        var task = new TaskItem { Title = "", CreatorId = 1, WorkerIds = [], CreatedAt = default, UpdatedAt = default };
        foreach (var field in typeof(TaskItem).GetProperties())
            field.SetValue(task, Value(field.PropertyType, field.Name));
        var now = TaskView.Of(task);

        var created = TaskView.Of(TaskEvents.Created(task), task.CreatedAt, task.Version);
        var updated = TaskView.Of(new TaskCreated(task.Id), task.CreatedAt, task.Version)
            .With(TaskEvents.Updated(task, [], task.CreatorId), task.CompletedAt!.Value);

        Assert.Equivalent(now with { Status = "open", UpdatedAt = task.CreatedAt, CompletedAt = null }, created);
        Assert.Equivalent(now with { CreatorId = 0, UpdatedAt = task.CreatedAt }, updated);
    }

    [Fact]
    public void Every_field_of_an_update_is_applied()
    {
        foreach (var field in typeof(UpdateTask.Request).GetProperties().Where(field => field.GetCustomAttribute<JsonIgnoreAttribute>() is null))
        {
            var task = new TaskItem { Title = "", CreatorId = 1, WorkerIds = [], CreatedAt = default, UpdatedAt = default };
            var request = new UpdateTask.Request();
            field.SetValue(request, field.Name == nameof(request.Status) ? "completed" : Value(field.PropertyType, field.Name));

            Assert.Equal([JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name)], UpdateTask.Apply(request, task, DateTimeOffset.UnixEpoch));
        }
    }

    /// <summary>A value that no field has by default.</summary>
    private static object Value(Type type, string name) => Nullable.GetUnderlyingType(type) is { } nullable ? Value(nullable, name) : type switch
    {
        _ when type == typeof(string) => name,
        _ when type == typeof(long) => 7L,
        _ when type == typeof(int) => 7,
        _ when type == typeof(long[]) => new[] { 7L, 8L },
        _ when type == typeof(bool) => true,
        _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddDays(name.Length),
        _ when type == typeof(TaskItemStatus) => TaskItemStatus.Completed,
        _ => throw new NotSupportedException($"Give {name} a value that is not the default of {type.Name}."),
    };

    private static IEnumerable<string> Names(Type type) => type.GetProperties().Select(property => property.Name);
}
