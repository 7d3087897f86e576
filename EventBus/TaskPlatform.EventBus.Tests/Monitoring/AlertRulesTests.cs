namespace TaskPlatform.EventBus.Tests.Monitoring;

public sealed class AlertRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    private readonly AlertRules rules = new(new AlertOptions());

    [Fact]
    public void A_lag_fires_once_after_its_duration_and_resolves_when_the_group_catches_up()
    {
        Assert.Empty(rules.Evaluate(Sample(Start, lagAge: TimeSpan.FromMinutes(2))));
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(29), lagAge: TimeSpan.FromMinutes(2))));

        var fired = Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(30), lagAge: TimeSpan.FromMinutes(3))));
        Assert.Equal(("lag_age", "events:note.written readers", Start, null), (fired.Rule, fired.Subject, fired.StartsAt, fired.EndsAt));
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(60), lagAge: TimeSpan.FromMinutes(4))));

        var over = Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(90))));
        Assert.Equal(
            fired with { Summary = "readers has not read events:note.written for 4 min; 3 entries wait.", EndsAt = Start.AddSeconds(90) }, over);
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(120))));
    }

    [Fact]
    public void The_text_of_a_firing_alert_is_that_of_the_last_sample()
    {
        rules.Evaluate(Sample(Start, dead: 0, lost: 0));
        var fired = rules.Evaluate(Sample(Start.AddSeconds(5), dead: 3, lost: 1));

        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(10), dead: 12, lost: 2)));

        Assert.Equal(2, fired.Count);
        Assert.Equal(
            ["The dead letter queue grew by 12 within 10 min; it holds 12.", "readers lost 2 entries of events:note.written within 10 min."],
            rules.Firing.Select(alert => alert.Summary));
        Assert.Equal(fired.Select(alert => alert.StartsAt), rules.Firing.Select(alert => alert.StartsAt));
    }

    [Fact]
    public void A_stream_or_dead_letter_queue_without_free_ids_fires_with_the_remedy()
    {
        var used = new StreamSample("events:note.written", 1, [], TimeSpan.FromDays(365_000), IdsExhausted: true);
        var fired = rules.Evaluate(Sample(Start) with { Streams = [used], DeadLetterIdsExhausted = true });

        Assert.Equal([("ids_ahead", "events:note.written"), ("ids_ahead", "event_dlq")], fired.Select(alert => (alert.Rule, alert.Subject)));
        Assert.Contains("DEL the stream", fired[0].Summary, StringComparison.Ordinal);
        Assert.Contains("reprocess or delete", fired[1].Summary, StringComparison.Ordinal);
        Assert.All(rules.Evaluate(Sample(Start.AddSeconds(5))), alert => Assert.NotNull(alert.EndsAt));
    }

    [Fact]
    public void A_short_lag_does_not_fire()
    {
        Assert.Empty(rules.Evaluate(Sample(Start, lagAge: TimeSpan.FromMinutes(2))));
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(10))));
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(20), lagAge: TimeSpan.FromMinutes(2))));
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(40), lagAge: TimeSpan.FromMinutes(2))));
    }

    [Fact]
    public void Dead_letters_fire_when_they_grow_and_resolve_when_they_are_purged()
    {
        Assert.Empty(rules.Evaluate(Sample(Start, dead: 5)));
        Assert.Equal("dlq_growth", Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(5), dead: 6))).Rule);
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(10), dead: 7)));
        Assert.NotNull(Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(15), dead: 0))).EndsAt);
    }

    [Fact]
    public void Dead_letters_that_are_not_purged_resolve_after_the_window()
    {
        rules.Evaluate(Sample(Start, dead: 5));
        Assert.Single(rules.Evaluate(Sample(Start.AddMinutes(1), dead: 6)));
        Assert.Empty(rules.Evaluate(Sample(Start.AddMinutes(10), dead: 6)));
        Assert.NotNull(Assert.Single(rules.Evaluate(Sample(Start.AddMinutes(12), dead: 6))).EndsAt);
    }

    [Fact]
    public void A_new_sampler_does_not_report_a_firing_alert_again_and_resolves_it()
    {
        rules.Evaluate(Sample(Start, dead: 0));
        var fired = Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(5), dead: 1)));
        var next = new AlertRules(new AlertOptions());
        next.TakeOver([fired], [.. rules.Baseline], Start.AddSeconds(10));

        Assert.Empty(next.Evaluate(Sample(Start.AddSeconds(10), dead: 1)));
        Assert.Equal(fired with { EndsAt = Start.AddSeconds(15) }, Assert.Single(next.Evaluate(Sample(Start.AddSeconds(15), dead: 0))));
    }

    [Fact]
    public void A_new_sampler_reports_growth_since_the_last_sample()
    {
        rules.Evaluate(Sample(Start, dead: 1));
        var next = new AlertRules(new AlertOptions());
        next.TakeOver([], [.. rules.Baseline], Start.AddSeconds(20));

        var fired = Assert.Single(next.Evaluate(Sample(Start.AddSeconds(20), dead: 3)));

        Assert.Equal("The dead letter queue grew by 2 within 10 min; it holds 3.", fired.Summary);
    }

    [Fact]
    public void The_first_sampler_uses_existing_counts_as_its_baseline()
    {
        rules.TakeOver([], [], Start);

        Assert.Empty(rules.Evaluate(Sample(Start, dead: 3, lost: 2)));
    }

    [Fact]
    public void The_first_lost_entry_of_a_group_fires()
    {
        rules.Evaluate(Sample(Start, lost: null));

        var fired = Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(5), lost: 2)));

        Assert.Equal("readers lost 2 entries of events:note.written within 10 min.", fired.Summary);
    }

    [Fact]
    public void Lost_entries_idle_pending_entries_and_a_delayed_outbox_fire()
    {
        rules.Evaluate(Sample(Start, lost: 0));

        var broken = Sample(Start, lost: 2, idle: TimeSpan.FromMinutes(6), outbox: TimeSpan.FromMinutes(1));
        var fired = rules.Evaluate(broken with { At = Start.AddSeconds(1) }).Concat(rules.Evaluate(broken with { At = Start.AddSeconds(31) }));

        Assert.Equal(["lost_entries", "outbox_age", "pending_idle"], fired.Select(alert => alert.Rule).Order());
    }

    [Fact]
    public void A_stream_with_a_last_id_in_the_future_fires_with_the_remedy()
    {
        var fired = Assert.Single(rules.Evaluate(Sample(Start, ahead: TimeSpan.FromHours(1))));

        Assert.Equal(("ids_ahead", "events:note.written"), (fired.Rule, fired.Subject));
        Assert.Contains("DEL the stream", fired.Summary, StringComparison.Ordinal);
        Assert.Empty(rules.Evaluate(Sample(Start.AddSeconds(5), ahead: TimeSpan.FromHours(1))));
        Assert.NotNull(Assert.Single(rules.Evaluate(Sample(Start.AddSeconds(10)))).EndsAt);
    }

    private static BusSample Sample(
        DateTimeOffset at, TimeSpan ahead = default, TimeSpan lagAge = default, TimeSpan idle = default, TimeSpan outbox = default, long dead = 0,
        long? lost = 0)
        => new(
            at, dead, TimeSpan.Zero, 0,
            [new StreamSample("events:note.written", 10, [new GroupSample("readers", 3, false, lagAge, 1, idle, 1)], ahead)],
            [new OutboxSample("notes", 1, outbox)],
            lost is { } count ? [new LostSample("events:note.written", "readers", count)] : []);
}
