using System.Globalization;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>An event is given up: the platform is told that its notifications will not come.</summary>
internal sealed class ReportFailure(NotificationsDb db) : IDeadLetterHandler
{
    private const int MaxError = 1000;

    public Task HandleAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        var about = long.TryParse(letter.AggregateId, CultureInfo.InvariantCulture, out var id) ? id : (long?)null;
        var type = letter.Type ?? "";
        db.Publish(new NotificationFailed(
            letter.EventId,
            type,
            UserId: type.StartsWith("user.", StringComparison.Ordinal) ? about : null,
            TaskId: type.StartsWith("task.", StringComparison.Ordinal) ? about : null,
            Error: letter.Error.Length > MaxError ? letter.Error[..MaxError] : letter.Error));
        return Task.CompletedTask;
    }
}
