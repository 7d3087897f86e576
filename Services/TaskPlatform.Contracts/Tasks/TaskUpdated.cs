using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A task was changed. The members contain its new state.</summary>
public sealed record TaskUpdated(
    long TaskId,
    string Title = "",
    string? Description = null,
    string Status = "open",
    DateTimeOffset? DueAt = null,
    IReadOnlyList<long>? WorkerIds = null,
    long? CreatorId = null,
    IReadOnlyList<string>? Changed = null,
    long? UpdatedBy = null)
    : IEvent<TaskUpdated>
{
    /// <inheritdoc />
    public static string Type => "task.updated";

    /// <inheritdoc />
    public static JsonTypeInfo<TaskUpdated> JsonTypeInfo => ContractsJson.Default.TaskUpdated;

    /// <summary>The current workers.</summary>
    public IReadOnlyList<long> WorkerIds { get; init; } = WorkerIds ?? [];

    /// <summary>The names of the changed members, as on the wire.</summary>
    public IReadOnlyList<string> Changed { get; init; } = Changed ?? [];

    string IEvent<TaskUpdated>.AggregateId => TaskId.ToString(CultureInfo.InvariantCulture);
}
