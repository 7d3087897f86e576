using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Contracts;

/// <summary>An event that should have led to notifications was given up.</summary>
/// <param name="CauseEventId">The event; also the id of this failure, as no notification exists.</param>
/// <param name="CauseType">Its wire name.</param>
/// <param name="UserId">The user it was about, where it says so.</param>
/// <param name="TaskId">The task it was about, where it says so.</param>
/// <param name="Error">Why.</param>
public sealed record NotificationFailed(
    Guid CauseEventId, string CauseType = "", long? UserId = null, long? TaskId = null, string Error = "")
    : IEvent<NotificationFailed>
{
    /// <inheritdoc />
    public static string Type => "notification.failed";

    /// <inheritdoc />
    public static JsonTypeInfo<NotificationFailed> JsonTypeInfo => ContractsJson.Default.NotificationFailed;

    string IEvent<NotificationFailed>.AggregateId => CauseEventId.ToString();
}
