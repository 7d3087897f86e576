namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

/// <summary>A dead letter in a list.</summary>
internal sealed record DeadLetterView(
    string MsgId, DateTimeOffset FailedAt, string Type, string Stream, string Group, string Reason, string Exception, string Error,
    string EventId, int? Attempts, string OriginalId, string FirstEntryId, string FirstFailedAt, string Consumer, string? TraceId)
{
    public static DeadLetterView Of(DeadLetterEntry deadLetter) => new(
        deadLetter.Id, deadLetter.FailedAt, deadLetter.Type, deadLetter.Stream, deadLetter.Group, deadLetter.Reason, deadLetter.Exception, deadLetter.Error,
        deadLetter.EventId, deadLetter.Attempts, deadLetter.OriginalId, deadLetter.FirstEntryId, deadLetter.FirstFailedAt, deadLetter.Consumer, deadLetter.TraceId);
}
