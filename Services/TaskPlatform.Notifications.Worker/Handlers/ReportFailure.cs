using System.Globalization;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Publishes <c>notification.failed</c> for an event that is dead-lettered.</summary>
internal sealed class ReportFailure(NotificationsDb db) : IDeadLetterHandler
{
    private const int MaxError = 1000;

    public Task HandleAsync(DeadLetter deadLetter, CancellationToken cancellationToken)
    {
        var aggregateId = long.TryParse(deadLetter.AggregateId, CultureInfo.InvariantCulture, out var id) ? id : (long?)null;
        var type = deadLetter.Type ?? "";
        db.Publish(new NotificationFailed(
            deadLetter.EventId,
            type,
            UserId: type.StartsWith("user.", StringComparison.Ordinal) ? aggregateId : null,
            TaskId: type.StartsWith("task.", StringComparison.Ordinal) ? aggregateId : null,
            Error: deadLetter.Error.Length > MaxError ? deadLetter.Error[..MaxError] : deadLetter.Error));
        return Task.CompletedTask;
    }
}
