namespace TaskPlatform.EventBus.Tests.Monitoring;

public sealed class AlertRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    private readonly AlertRules rules = new(new AlertOptions());

    [Fact]
    public void A_lag_fires_once_after_its_duration_and_resolves_when_the_group_catches_up()
    {
        Assert.Empty(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(2)), Start));
        Assert.Empty(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(2)), Start.AddSeconds(29)));

        var fired = Assert.Single(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(3)), Start.AddSeconds(30)));
        Assert.Equal(("lag_age", "events:note.written readers", Start, null), (fired.Rule, fired.Subject, fired.StartsAt, fired.EndsAt));
        Assert.Empty(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(4)), Start.AddSeconds(60)));

        var over = Assert.Single(rules.Evaluate(Sample(), Start.AddSeconds(90)));
        Assert.Equal(
            fired with { Summary = "readers has not read events:note.written for 4 min; 3 entries wait.", EndsAt = Start.AddSeconds(90) }, over);
        Assert.Empty(rules.Evaluate(Sample(), Start.AddSeconds(120)));
    }

    [Fact]
    public void The_text_of_a_firing_alert_is_that_of_the_last_sample()
    {
        rules.Evaluate(Sample(dead: 0, lost: 0), Start);
        var fired = rules.Evaluate(Sample(dead: 3, lost: 1), Start.AddSeconds(5));

        Assert.Empty(rules.Evaluate(Sample(dead: 12, lost: 2), Start.AddSeconds(10)));

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
        var fired = rules.Evaluate(Sample() with { Streams = [used], DeadLetterIdsExhausted = true }, Start);

        Assert.Equal([("ids_ahead", "events:note.written"), ("ids_ahead", "event_dlq")], fired.Select(alert => (alert.Rule, alert.Subject)));
        Assert.Contains("DEL the stream", fired[0].Summary, StringComparison.Ordinal);
        Assert.Contains("reprocess or delete", fired[1].Summary, StringComparison.Ordinal);
        Assert.All(rules.Evaluate(Sample(), Start.AddSeconds(5)), alert => Assert.NotNull(alert.EndsAt));
    }

    [Fact]
    public void A_short_lag_does_not_fire()
    {
        Assert.Empty(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(2)), Start));
        Assert.Empty(rules.Evaluate(Sample(), Start.AddSeconds(10)));
        Assert.Empty(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(2)), Start.AddSeconds(20)));
        Assert.Empty(rules.Evaluate(Sample(lagAge: TimeSpan.FromMinutes(2)), Start.AddSeconds(40)));
    }

    [Fact]
    public void Dead_letters_fire_when_they_grow_and_resolve_when_they_are_purged()
    {
        Assert.Empty(rules.Evaluate(Sample(dead: 5), Start));
        Assert.Equal("dlq_growth", Assert.Single(rules.Evaluate(Sample(dead: 6), Start.AddSeconds(5))).Rule);
        Assert.Empty(rules.Evaluate(Sample(dead: 7), Start.AddSeconds(10)));
        Assert.NotNull(Assert.Single(rules.Evaluate(Sample(dead: 0), Start.AddSeconds(15))).EndsAt);
    }

    [Fact]
    public void Dead_letters_that_are_not_purged_resolve_after_the_window()
    {
        rules.Evaluate(Sample(dead: 5), Start);
        Assert.Single(rules.Evaluate(Sample(dead: 6), Start.AddMinutes(1)));
        Assert.Empty(rules.Evaluate(Sample(dead: 6), Start.AddMinutes(10)));
        Assert.NotNull(Assert.Single(rules.Evaluate(Sample(dead: 6), Start.AddMinutes(12))).EndsAt);
    }

    [Fact]
    public void A_new_sampler_does_not_report_a_firing_alert_again_and_resolves_it()
    {
        rules.Evaluate(Sample(dead: 0), Start);
        var fired = Assert.Single(rules.Evaluate(Sample(dead: 1), Start.AddSeconds(5)));
        var next = new AlertRules(new AlertOptions());
        next.TakeOver([fired], [.. rules.Baseline], Start.AddSeconds(10));

        Assert.Empty(next.Evaluate(Sample(dead: 1), Start.AddSeconds(10)));
        Assert.Equal(fired with { EndsAt = Start.AddSeconds(15) }, Assert.Single(next.Evaluate(Sample(dead: 0), Start.AddSeconds(15))));
    }

    [Fact]
    public void A_new_sampler_reports_growth_since_the_last_sample()
    {
        rules.Evaluate(Sample(dead: 1), Start);
        var next = new AlertRules(new AlertOptions());
        next.TakeOver([], [.. rules.Baseline], Start.AddSeconds(20));

        var fired = Assert.Single(next.Evaluate(Sample(dead: 3), Start.AddSeconds(20)));

        Assert.Equal("The dead letter queue grew by 2 within 10 min; it holds 3.", fired.Summary);
    }

    [Fact]
    public void The_first_sampler_uses_existing_counts_as_its_baseline()
    {
        rules.TakeOver([], [], Start);

        Assert.Empty(rules.Evaluate(Sample(dead: 3, lost: 2), Start));
    }

    [Fact]
    public void The_first_lost_entry_of_a_group_fires()
    {
        rules.Evaluate(Sample(lost: null), Start);

        var fired = Assert.Single(rules.Evaluate(Sample(lost: 2), Start.AddSeconds(5)));

        Assert.Equal("readers lost 2 entries of events:note.written within 10 min.", fired.Summary);
    }

    [Fact]
    public void Lost_entries_idle_pending_entries_and_a_delayed_outbox_fire()
    {
        rules.Evaluate(Sample(lost: 0), Start);

        var broken = Sample(lost: 2, idle: TimeSpan.FromMinutes(6), outbox: TimeSpan.FromMinutes(1));
        var fired = rules.Evaluate(broken, Start.AddSeconds(1)).Concat(rules.Evaluate(broken, Start.AddSeconds(31)));

        Assert.Equal(["lost_entries", "outbox_age", "pending_idle"], fired.Select(alert => alert.Rule).Order());
    }

    [Fact]
    public void A_stream_with_a_last_id_in_the_future_fires_with_the_remedy()
    {
        var fired = Assert.Single(rules.Evaluate(Sample(ahead: TimeSpan.FromHours(1)), Start));

        Assert.Equal(("ids_ahead", "events:note.written"), (fired.Rule, fired.Subject));
        Assert.Contains("DEL the stream", fired.Summary, StringComparison.Ordinal);
        Assert.Empty(rules.Evaluate(Sample(ahead: TimeSpan.FromHours(1)), Start.AddSeconds(5)));
        Assert.NotNull(Assert.Single(rules.Evaluate(Sample(), Start.AddSeconds(10))).EndsAt);
    }

    private static BusSample Sample(
        TimeSpan ahead = default, TimeSpan lagAge = default, TimeSpan idle = default, TimeSpan outbox = default, long dead = 0, long? lost = 0)
        => new(
            dead, TimeSpan.Zero, 0,
            [new StreamSample("events:note.written", 10, [new GroupSample("readers", 3, false, lagAge, 1, idle, 1)], ahead)],
            [new OutboxSample("notes", 1, outbox)],
            lost is { } count ? [new LostSample("events:note.written", "readers", count)] : []);
}
