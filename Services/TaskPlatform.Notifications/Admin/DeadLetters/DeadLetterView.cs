using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Admin.DeadLetters;

/// <summary>A dead letter in a list.</summary>
internal sealed record DeadLetterView(
    string MsgId, DateTimeOffset FailedAt, string Type, string Stream, string Group, string Reason, string Exception, string Error,
    string EventId, int? Attempts, string OriginalId, string FirstEntryId, string FirstFailedAt, string Consumer, string? TraceId)
{
    public static DeadLetterView Of(DeadLetterEntry letter) => new(
        letter.Id, letter.FailedAt, letter.Type, letter.Stream, letter.Group, letter.Reason, letter.Exception, letter.Error,
        letter.EventId, letter.Attempts, letter.OriginalId, letter.FirstEntryId, letter.FirstFailedAt, letter.Consumer, letter.TraceId);
}
