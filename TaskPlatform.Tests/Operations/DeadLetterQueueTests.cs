using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Operations;

/// <summary>The operations on dead letters, on a real Redis.</summary>
public sealed class DeadLetterQueueTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reprocessed_dead_letter_is_handled_and_removed_from_the_queue()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group, "others");
        await view.GroupsAsync("note.written", 2);
        var deadLetter = await AddDeadLetterAsync(view, noteId: 7, Group);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();

        var first = Assert.Single(await queue.ReprocessAsync([deadLetter], Token));
        var second = Assert.Single(await queue.ReprocessAsync([deadLetter], Token));
        await view.SettledAsync(Group);

        Assert.Equal(ReprocessOutcome.Reprocessed, first.Outcome);
        Assert.Equal(ReprocessOutcome.Gone, second.Outcome);
        Assert.Empty(await view.EntriesAsync("event_dlq"));
        var entry = Assert.Single(await view.EntriesAsync("events:note.written"));
        Assert.Equal(first.EntryId, entry["id"]);
        Assert.Equal(("0", Group, "3", "1-1"), (entry["attempt"], entry["target_group"], entry["aggregate_version"], entry["first_entry_id"]));
        var effect = Assert.Single(await view.EffectsAsync());
        Assert.Equal((Group, 7), (effect.Group, effect.NoteId));
    }

    [Fact]
    public async Task An_event_that_fails_again_is_a_dead_letter_again_with_its_version_and_trace()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood));
        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();

        await queue.ReprocessAsync([deadLetter["id"]], Token);
        var again = (await BusView.Until(() => view.EntriesAsync("event_dlq"), found => found is [var one] && one["id"] != deadLetter["id"]))[0];

        Assert.Equal(deadLetter["event_id"], again["event_id"]);
        Assert.Equal(deadLetter["first_entry_id"], again["first_entry_id"]);
        Assert.Equal(deadLetter["first_failed_at"], again["first_failed_at"]);
        Assert.Equal(deadLetter["correlation_id"], again["correlation_id"]);
        Assert.Equal(deadLetter["schema"], again["schema"]);
        Assert.Equal(again["id"], (string?)await view.Redis.HashGetAsync(place.Prefix + "event_dlq:index", $"{Group} {again["event_id"]}"));
    }

    [Fact]
    public async Task A_reprocessed_event_that_was_already_handled_is_only_acknowledged()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(new NoteWritten(1, "good"));
        await view.SettledAsync(Group);
        var handled = Assert.Single(await view.EntriesAsync("events:note.written"));
        var deadLetter = await AddDeadLetterAsync(view, 1, Group, handled["event_id"]);

        await process.Services.GetRequiredService<IDeadLetterQueue>().ReprocessAsync([deadLetter], Token);
        await view.SettledAsync(Group);

        Assert.Equal(2, await view.DeliveriesAsync());
        Assert.Single(await view.EffectsAsync());
    }

    [Fact]
    public async Task A_dead_letter_without_a_group_stays_in_the_queue()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await view.SettledAsync(Group);
        var ofNoGroup = await AddDeadLetterAsync(view, 1, "strangers");
        var ofNoStream = await view.AddAsync("event_dlq", "stream", "event_dlq", "group", Group, "data", "{}");
        var empty = await view.AddAsync("event_dlq", "anything", "");
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();

        var results = await queue.ReprocessAsync([ofNoGroup, ofNoStream, empty], Token);

        Assert.Equal([ReprocessOutcome.NoGroup, ReprocessOutcome.NoStream, ReprocessOutcome.NoStream], results.Select(result => result.Outcome));
        Assert.Equal(3, (await view.EntriesAsync("event_dlq")).Count);
        var page = await queue.ListAsync(DeadLetterFilter.All, 10, after: null, Token);
        Assert.Equal([empty, ofNoStream, ofNoGroup], page.Items.Select(deadLetter => deadLetter.Id));
        Assert.Equal(3, (await queue.GroupAsync(DeadLetterFilter.All, Token)).Sum(group => group.Count));
        Assert.Equal("", (await queue.FindAsync(empty, Token))!.Entry.Group);
    }

    [Fact]
    public async Task Dead_letters_are_found_by_every_filter_and_page_by_page()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        for (var i = 0; i < 25; i++)
            await AddDeadLetterAsync(view, i, i % 5 == 0 ? "fifth" : Group);

        var ids = new List<string>();
        string? after = null;
        do
        {
            var page = await queue.ListAsync(new DeadLetterFilter { Group = Group }, 7, after, Token);
            ids.AddRange(page.Items.Select(deadLetter => deadLetter.Id));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(20, ids.Distinct().Count());
        Assert.Equal(ids.OrderByDescending(EntryId.Parse), ids);
        Assert.Equal([20, 5], (await queue.GroupAsync(DeadLetterFilter.All, Token)).Select(group => group.Count));
        var middle = EntryId.Parse(ids[9]).Time;
        Assert.Equal(
            25,
            (await queue.ListAsync(new DeadLetterFilter { From = middle }, 100, null, Token)).Items.Count
            + (await queue.ListAsync(new DeadLetterFilter { To = middle }, 100, null, Token)).Items.Count);
        Assert.Empty((await queue.ListAsync(new DeadLetterFilter { Reason = "rejected" }, 100, null, Token)).Items);
        Assert.Empty((await queue.ListAsync(new DeadLetterFilter { Type = "note.erased" }, 100, null, Token)).Items);
        Assert.Equal(25, (await queue.ListAsync(new DeadLetterFilter { Exception = "Oh" }, 100, null, Token)).Items.Count);
    }

    [Fact]
    public async Task A_filter_that_matches_few_dead_letters_reads_few_entries()
    {
        await using var own = await RedisServer.StartNewAsync(); // A separate one, because its commands are counted.
        var place = await BusPlace.CreateAsync(own, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        const int many = 2_500;
        await Task.WhenAll(Enumerable.Range(0, many).Select(i => AddDeadLetterAsync(view, i, Group)));
        var few = new[] { await AddDeadLetterAsync(view, 1, "few"), await AddDeadLetterAsync(view, 2, "few") };
        await queue.GroupAsync(DeadLetterFilter.All, Token); // Indexes the dead letters since the last query.

        await view.Redis.ExecuteAsync("CONFIG", "RESETSTAT");
        var page = await queue.ListAsync(new DeadLetterFilter { Group = "few" }, 50, after: null, Token);
        var commands = (string)(await view.Redis.ExecuteAsync("INFO", "commandstats"))!;
        var count = await queue.CountAsync(new DeadLetterFilter { Group = "few", Exception = "Oh" }, few[1], Token);
        var groups = await queue.GroupAsync(DeadLetterFilter.All, Token);

        Assert.Equal(few.Reverse(), page.Items.Select(deadLetter => deadLetter.Id));
        Assert.Contains("cmdstat_xrange:calls=3,", commands, StringComparison.Ordinal); // New dead letters since the last query, and the two matching ones.
        Assert.DoesNotContain("cmdstat_xrevrange", commands, StringComparison.Ordinal);
        Assert.Equal(2, count);
        Assert.Equal([("readers", many), ("few", 2)], groups.Select(group => (group.Group, group.Count)));
    }

    [Fact]
    public async Task A_dead_letter_is_indexed_when_it_is_created_unless_the_index_is_broken()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood));
        await view.DeadLettersAsync(1);
        await BusView.Until(() => view.Redis.SortedSetLengthAsync(place.Prefix + "event_dlq:by_kind"), count => count == 1);

        await view.Redis.StringSetAsync(place.Prefix + "event_dlq:kinds", "not a hash");
        await process.WriteAsync(new NoteWritten(2, ObeyNote.FailForGood));
        await view.DeadLettersAsync(2);
        await view.SettledAsync(Group);
    }

    [Fact]
    public async Task The_index_is_updated_after_other_programs_change_the_queue()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        await view.GroupsAsync("note.written", 1);
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
            ids.Add(await AddDeadLetterAsync(view, i, Group));
        await AddDeadLetterAsync(view, 6, "others");
        await AssertFoundAsync(ids);

        // Removed by the bus's scripts, by XDEL, by XTRIM, and by deleting the queue.
        await queue.DeleteAsync([ids[5]], Token);
        await queue.ReprocessAsync([ids[4]], Token);
        await AssertFoundAsync(ids[..4]);
        await view.Redis.StreamDeleteAsync(place.Prefix + "event_dlq", [ids[2]]);
        ids.RemoveAt(2);
        await AssertFoundAsync(ids[..3]);
        await view.Redis.ExecuteAsync("XTRIM", place.Prefix + "event_dlq", "MINID", ids[1]);
        await AssertFoundAsync(ids[1..3]);
        await view.Redis.KeyDeleteAsync(place.Prefix + "event_dlq");
        await AssertFoundAsync([]);
        await AssertFoundAsync([await AddDeadLetterAsync(view, 7, Group)]);

        async Task AssertFoundAsync(IReadOnlyList<string> expected)
        {
            var filter = new DeadLetterFilter { Group = Group, Type = "note.written", Reason = "exhausted" };
            Assert.Equal(expected.Reverse(), (await queue.ListAsync(filter, 50, after: null, Token)).Items.Select(deadLetter => deadLetter.Id));
            Assert.Equal(expected.Count, (await queue.GroupAsync(filter, Token)).Sum(group => group.Count));
            Assert.Equal(expected.Count, await queue.CountAsync(filter, expected is [.., var last] ? last : "0-1", Token));
        }
    }

    [Fact]
    public async Task Dead_letters_are_found_while_Redis_refuses_writes()
    {
        await using var full = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(full, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        var deadLetter = await AddDeadLetterAsync(view, 1, Group);
        await AddDeadLetterAsync(view, 2, "others");

        await view.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");

        var filter = new DeadLetterFilter { Group = Group };
        Assert.Equal(deadLetter, Assert.Single((await queue.ListAsync(filter, 50, after: null, Token)).Items).Id);
        Assert.Equal(1, Assert.Single(await queue.GroupAsync(filter, Token)).Count);
        Assert.Equal(1, await queue.CountAsync(filter, deadLetter, Token));
    }

    [Fact]
    public async Task A_sweep_ends_at_its_cutoff_and_counts_its_changes()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        for (var i = 0; i < 10; i++)
            await AddDeadLetterAsync(view, i, Group);
        var cutoff = (await queue.FindNewestAsync(Token))!;
        var late = await AddDeadLetterAsync(view, 10, Group);

        var sweep = new DeadLetterSweep(SweepAction.Delete, DeadLetterFilter.All, cutoff, After: null, "a-job", Limit: 4);
        var totals = new List<long>();
        SweepProgress progress;
        do
        {
            progress = await queue.SweepAsync(sweep, Token);
            totals.Add(progress.Total);
            sweep = sweep with { After = progress.Next };
        }
        while (progress.Next is not null);

        Assert.Equal([4, 8, 10], totals);
        Assert.Equal(late, Assert.Single(await view.EntriesAsync("event_dlq"))["id"]);
        Assert.Equal(1, (await view.Redis.HashLengthAsync(place.Prefix + "event_dlq:index")));
    }

    [Fact]
    public async Task A_deleted_queue_is_recreated()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        await AddDeadLetterAsync(view, 100, Group);
        await view.Redis.KeyDeleteAsync(place.Prefix + "event_dlq");
        Assert.Empty((await queue.ListAsync(DeadLetterFilter.All, 10, null, Token)).Items);
        Assert.Null(await queue.FindNewestAsync(Token));

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood));
        await view.DeadLettersAsync(1);

        Assert.Equal(1, await view.Redis.HashLengthAsync(place.Prefix + "event_dlq:index"));
    }

    [Fact]
    public async Task A_key_of_the_wrong_type_is_reported()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        await view.Redis.StringSetAsync(place.Prefix + "event_dlq", "not a stream");
        await view.Redis.StringSetAsync(place.Prefix + "events:note.written", "not a stream");

        await Assert.ThrowsAsync<WrongKeyTypeException>(
            () => process.Services.GetRequiredService<IDeadLetterQueue>().ListAsync(DeadLetterFilter.All, 10, null, Token));
        var stream = Assert.Single(await process.Services.GetRequiredService<IStreamAdmin>().DescribeAsync(["note.written"], Token));
        Assert.NotNull(stream.Problem);
    }

    [Fact]
    public async Task The_lag_is_counted_if_Redis_does_not_know_it()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        var stream = place.Prefix + "events:note.written";
        for (var i = 1; i <= 10; i++)
            await view.Redis.StreamAddAsync(stream, "data", "{}", $"{i}-0");
        await view.Redis.StreamCreateConsumerGroupAsync(stream, Group, "2-0");
        await view.Redis.StreamDeleteAsync(stream, ["5-0"]);

        var found = Assert.Single(await process.Services.GetRequiredService<IStreamAdmin>().DescribeAsync(["note.written"], Token));

        var group = Assert.Single(found.Groups);
        Assert.Equal((7, false, 3L), (group.Lag, group.LagIsMinimum, group.OldestUnread!.Value.ToUnixTimeMilliseconds()));
        Assert.Equal((9, "1-0", "10-0"), (found.Length, found.FirstEntryId, found.LastEntryId));
    }

    private static async Task<string> AddDeadLetterAsync(BusView view, int noteId, string group, string? eventId = null)
    {
        var id = eventId ?? Guid.CreateVersion7().ToString();
        var data = $$$"""{"type":"note.written","aggregate_id":"{{{noteId}}}","data":{"note_id":{{{noteId}}},"text":"good"},"timestamp":"2026-01-01T00:00:00Z"}""";
        var deadLetter = await view.AddAsync("event_dlq",
            "stream", "events:note.written", "group", group, "type", "note.written", "event_id", id, "data", data, "reason", "exhausted",
            "exception", "Oh", "error", "no", "attempts", "4", "aggregate_version", "3", "first_entry_id", "1-1", "original_id", "2-1");
        await view.Redis.HashSetAsync(view.Prefix + "event_dlq:index", $"{group} {id}", deadLetter);
        return deadLetter;
    }
}
