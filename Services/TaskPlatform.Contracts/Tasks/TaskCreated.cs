using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A task was created. Its status is open.</summary>
public sealed record TaskCreated(
    long TaskId,
    string Title = "",
    string? Description = null,
    long? CreatorId = null,
    IReadOnlyList<long>? WorkerIds = null,
    DateTimeOffset? DueAt = null)
    : IEvent<TaskCreated>
{
    /// <inheritdoc />
    public static string Type => "task.created";

    /// <inheritdoc />
    public static JsonTypeInfo<TaskCreated> JsonTypeInfo => ContractsJson.Default.TaskCreated;

    /// <summary>The workers of the task.</summary>
    public IReadOnlyList<long> WorkerIds { get; init; } = WorkerIds ?? [];

    string IEvent<TaskCreated>.AggregateId => TaskId.ToString(CultureInfo.InvariantCulture);
}
