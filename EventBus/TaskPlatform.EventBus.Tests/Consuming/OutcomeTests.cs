namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class OutcomeTests
{
    private static readonly Guid EventId = new("0197b5a0-0000-7000-8000-000000000001");

    [Fact]
    public void A_dead_letter_names_the_innermost_exception_of_a_handler_and_the_full_one_as_its_stack()
    {
        var error = new InvalidOperationException("outer", new FormatException("inner"));

        var deadLetter = Outcome.DeadLetter(DeadLetterReason.Exhausted, error).ToDeadLetter(Deliveries.Of(1, EventId), "readers");

        Assert.Equal(("readers", "exhausted", EventId, "parcel.sent"), (deadLetter.Group, deadLetter.Reason, deadLetter.EventId, deadLetter.Type));
        Assert.Equal(("inner", "System.FormatException", 1L, "1-0"), (deadLetter.Error, deadLetter.ExceptionType, deadLetter.Attempts, deadLetter.FirstEntryId));
        Assert.Contains("outer", deadLetter.Stack, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dead_letter_for_an_unknown_group_belongs_to_that_group()
    {
        var delivery = Deliveries.Of(1, Deliveries.Json(1), EventId, 0, ("target_group", "strangers"));
        var outcome = Outcome.DeadLetter(DeadLetterReason.UnknownGroup, new InvalidOperationException("no such group"));
        Assert.Equal("strangers", outcome.ToDeadLetter(delivery, "readers").Group);
    }

    [Fact]
    public void A_failure_is_retried_while_a_retry_is_left_and_then_dead_lettered()
    {
        var policy = RetryPolicy.After(TimeSpan.FromSeconds(10));
        var error = new InvalidOperationException();

        var first = Outcome.Failed(policy, attempt: 0, DeadLetterReason.Exhausted, error);
        Assert.Equal((OutcomeKind.Retry, null, error), (first.Kind, first.Reason, first.Error));
        Assert.InRange(first.RetryAfter, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12));

        var last = Outcome.Failed(policy, attempt: 1, DeadLetterReason.Exhausted, error);
        Assert.Equal((OutcomeKind.DeadLetter, DeadLetterReason.Exhausted, error), (last.Kind, last.Reason, last.Error));
    }

    [Fact]
    public void What_is_postponed_is_open_and_knows_why()
    {
        Assert.True(Outcome.Postponed(new InvalidOperationException()) is { IsOpen: true, IsPostponed: true });
        Assert.True(Outcome.Open is { IsOpen: true, IsPostponed: false });
        Assert.False(Outcome.Handled.IsOpen);
    }
}
