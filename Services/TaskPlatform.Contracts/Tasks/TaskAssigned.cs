using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>A task's workers changed after it was created.</summary>
public sealed record TaskAssigned(
    long TaskId,
    string Title = "",
    IReadOnlyList<long>? WorkerIds = null,
    IReadOnlyList<long>? Added = null,
    IReadOnlyList<long>? Removed = null,
    long? AssignedBy = null)
    : IEvent<TaskAssigned>
{
    /// <inheritdoc />
    public static string Type => "task.assigned";

    /// <inheritdoc />
    public static JsonTypeInfo<TaskAssigned> JsonTypeInfo => ContractsJson.Default.TaskAssigned;

    /// <summary>The current workers.</summary>
    public IReadOnlyList<long> WorkerIds { get; init; } = WorkerIds ?? [];

    /// <summary>The workers that were added.</summary>
    public IReadOnlyList<long> Added { get; init; } = Added ?? [];

    /// <summary>The workers that were removed.</summary>
    public IReadOnlyList<long> Removed { get; init; } = Removed ?? [];

    string IEvent<TaskAssigned>.AggregateId => TaskId.ToString(CultureInfo.InvariantCulture);
}
