namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class RunAttemptTests
{
    private static readonly Exception Error = new InvalidOperationException("It failed.");

    [Fact]
    public void Where_one_event_ran_it_is_tried_alone_and_what_was_before_and_behind_it_apart()
    {
        var run = Run(5);
        var attempt = new RunAttempt(run);
        attempt.Begin(run[0]);
        attempt.Complete(run[0], handledNow: true);
        attempt.Begin(run[1]);
        attempt.Complete(run[1], handledNow: true);
        attempt.Begin(run[2]);

        Assert.Same(run[2], attempt.Running);
        Assert.Equal([[1, 2], [3], [4, 5]], Parts(attempt));
    }

    [Fact]
    public void Where_none_ran_each_half_is_tried()
    {
        var attempt = new RunAttempt(Run(5));
        Assert.Equal([[1, 2], [3, 4, 5]], Parts(attempt));
    }

    [Fact]
    public void A_part_in_which_everything_is_decided_is_not_tried()
    {
        var run = Run(3);
        var attempt = new RunAttempt(run);
        attempt.Begin(run[1]);
        run[0].Outcome = Outcome.Handled;
        run[1].Outcome = Outcome.DeadLetter(DeadLetterReason.Exhausted, Error);

        Assert.Equal([[3]], Parts(attempt));
    }

    [Fact]
    public void An_event_that_is_in_the_run_twice_begins_once()
    {
        var eventId = Guid.CreateVersion7();
        WorkItem[] run = [Deliveries.Item(1, eventId), Deliveries.Item(2, eventId)];
        var attempt = new RunAttempt(run);

        Assert.True(attempt.Begin(run[0]));
        attempt.Complete(run[0], handledNow: true);
        Assert.False(attempt.Begin(run[1]));
        attempt.Complete(run[1], handledNow: false);

        Assert.Equal([new InboxKey("readers", eventId)], attempt.Keys);
        Assert.Equal([(run[0], true), (run[1], false)], attempt.Done);
    }

    [Fact]
    public void The_second_entry_of_an_event_that_failed_is_left_open()
    {
        var eventId = Guid.CreateVersion7();
        WorkItem[] run = [Deliveries.Item(1, eventId), Deliveries.Item(2, eventId)];
        var attempt = new RunAttempt(run);
        attempt.Begin(run[0]);
        attempt.Fail(run[0], Error, runsAgain: false);

        attempt.Begin(run[1]);
        attempt.Complete(run[1], handledNow: false);

        Assert.Empty(attempt.Done);
        Assert.Equal([new FailedItem(run[0], Error, RunsAgain: false)], attempt.Failed);
        Assert.True(attempt.HasBegun);
    }

    [Fact]
    public void Behind_an_event_that_runs_again_those_of_its_aggregate_are_left_and_others_are_not()
    {
        WorkItem[] run = [Deliveries.Item(1), Deliveries.Item(2), Deliveries.Item(3)];
        var attempt = new RunAttempt(run);
        attempt.Begin(run[0]);
        attempt.Fail(run[0], Error, runsAgain: true);
        attempt.Begin(run[1]);
        attempt.Fail(run[1], Error, runsAgain: false);

        Assert.True(attempt.IsLeft(Deliveries.Item(1)));
        Assert.False(attempt.IsLeft(Deliveries.Item(2)));
        Assert.Equal([true, false], attempt.Failed.Select(failure => failure.RunsAgain));
        Assert.Null(attempt.Running);
    }

    private static WorkItem[] Run(int count) => [.. Enumerable.Range(1, count).Select(number => Deliveries.Item(number))];

    private static int[][] Parts(RunAttempt attempt)
        => [.. attempt.Parts().Select(part => part.Select(item => Deliveries.NumberOf(item.Delivery)).ToArray())];
}
