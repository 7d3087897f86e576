using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A task was completed.</summary>
public sealed record TaskCompleted(
    long TaskId, string Title = "", long? CreatorId = null, IReadOnlyList<long>? WorkerIds = null, long? CompletedBy = null)
    : IEvent<TaskCompleted>
{
    /// <inheritdoc />
    public static string Type => "task.completed";

    /// <inheritdoc />
    public static JsonTypeInfo<TaskCompleted> JsonTypeInfo => ContractsJson.Default.TaskCompleted;

    /// <summary>The workers of the task.</summary>
    public IReadOnlyList<long> WorkerIds { get; init; } = WorkerIds ?? [];

    string IEvent<TaskCompleted>.AggregateId => TaskId.ToString(CultureInfo.InvariantCulture);
}
