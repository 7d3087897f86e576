using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A task was deleted.</summary>
public sealed record TaskDeleted(
    long TaskId, string Title = "", long? CreatorId = null, IReadOnlyList<long>? WorkerIds = null, long? DeletedBy = null)
    : IEvent<TaskDeleted>
{
    /// <inheritdoc />
    public static string Type => "task.deleted";

    /// <inheritdoc />
    public static JsonTypeInfo<TaskDeleted> JsonTypeInfo => ContractsJson.Default.TaskDeleted;

    /// <summary>The workers of the task.</summary>
    public IReadOnlyList<long> WorkerIds { get; init; } = WorkerIds ?? [];

    string IEvent<TaskDeleted>.AggregateId => TaskId.ToString(CultureInfo.InvariantCulture);
}
