using System.Text;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The headers of an entry: ours, those of other publishers, and unknown ones.</summary>
public sealed class HeaderTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Other = "others";
    private const string Stream = "events:note.written";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_header_counts_as_absent()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await view.AddAsync(Stream, [.. EntryFields.OfEntry.Concat(EntryFields.OfEvent).Where(name => name != "data").SelectMany(name => new RedisValue[] { name, "" }), "data", Note()]);
        await process.Seen.TakeAsync(1);

        await view.AssertExactlyOnceAsync(Group);
        Assert.Equal(1, await view.EffectCountAsync());
    }

    [Fact]
    public async Task An_event_for_a_missing_group_becomes_one_dead_letter_that_can_be_reprocessed_once_the_group_exists()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group, Other);
        await view.GroupsAsync("note.written", 2);

        await view.AddAsync(Stream, "target_group", "newcomers", "data", Note());
        await view.DeadLettersAsync(1);
        await view.SettledAsync(Group);
        await view.SettledAsync(Other);

        var deadLetter = Assert.Single(await view.EntriesAsync("event_dlq"));
        Assert.Equal(("unknown_group", "newcomers", Note()), (deadLetter["reason"], deadLetter["group"], deadLetter["data"]));
        Assert.Equal(0, await view.EffectCountAsync());
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        Assert.Equal(ReprocessOutcome.NoGroup, Assert.Single(await queue.ReprocessAsync([deadLetter["id"]], Cancellation)).Outcome);

        await using var newcomer = await BusProcess.StartAsync(place, "newcomers");
        await view.GroupsAsync("note.written", 3);
        Assert.Equal(ReprocessOutcome.Reprocessed, Assert.Single(await queue.ReprocessAsync([deadLetter["id"]], Cancellation)).Outcome);
        await newcomer.Seen.TakeAsync(1);
        await view.SettledAsync("newcomers");
        Assert.Equal("newcomers", Assert.Single(await view.EffectsAsync()).Group);
        Assert.Empty(await view.EntriesAsync("event_dlq"));
    }

    [Fact]
    public async Task An_event_for_a_group_that_does_not_run_waits_for_it()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using (await BusProcess.StartAsync(place, Other))
            await view.GroupsAsync("note.written", 2);

        await view.AddAsync(Stream, "target_group", Other, "data", Note());
        await view.SettledAsync(Group);
        Assert.Empty(await view.EntriesAsync("event_dlq"));

        await using var other = await BusProcess.StartAsync(place, Other);
        await view.SettledAsync(Other);
        Assert.Equal(Other, Assert.Single(await view.EffectsAsync()).Group);
    }

    [Fact]
    public async Task Unknown_headers_are_forwarded()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await view.GroupsAsync("note.written", 1);
        RedisValue[] unknown = ["x-tenant", "first", "x-tenant", "acme", "error", "not the bus's", "header:x", "y"];

        var added = await view.AddAsync(Stream, [.. unknown, "data", Note(ObeyNote.Fail)]);
        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("acme", "not the bus's", "y"), (deadLetter["header:x-tenant"], deadLetter["header:error"], deadLetter["header:header:x"]));
        Assert.Equal("This note fails.", deadLetter["error"]);

        await process.Services.GetRequiredService<IDeadLetterQueue>().ReprocessAsync([deadLetter["id"]], Cancellation);
        await BusView.Until(() => view.EntriesAsync("event_dlq"), deadLetters => deadLetters is [var again] && again["id"] != deadLetter["id"]);
        var last = (await view.EntriesAsync(Stream))[^1]["id"];
        var copied = await process.Services.GetRequiredService<IReplays>()
            .CopyAsync(new Replay("replay", "note.written", Group, EntryId.Parse(added).Previous().ToString(), last, ReapplyEffects: true), 100, Cancellation);

        Assert.Equal(1, copied.Copied);
        await BusView.Until(view.DeliveriesAsync, entries => entries == 12); // The original, the reprocessed one and the copy, each with three retries.
        Assert.All(await view.EntriesAsync(Stream), entry => Assert.Equal(("acme", "not the bus's", "y"), (entry["x-tenant"], entry["error"], entry["header:x"])));
        await view.SettledAsync(Group);
    }

    [Fact]
    public async Task An_entry_with_any_number_of_headers_can_be_retried_and_dead_lettered()
    {
        const int Count = 10_000;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await view.AddAsync(Stream, [.. Enumerable.Range(0, Count).SelectMany(i => new RedisValue[] { $"x-{i}", "y" }), "traceparent", "kept", "data", Note(ObeyNote.Fail)]);
        await view.AddAsync(Stream, ["x-large", new string('y', 10 * ForwardedHeaders.MaxBytes), "x-small", "kept", "data", Note(ObeyNote.Fail)]);

        var deadLetters = (await view.DeadLettersAsync(2)).OrderBy(deadLetter => deadLetter["first_entry_id"], StringComparer.Ordinal).ToList(); // Their retries are not synchronized.
        Assert.Equal(("kept", "y"), (deadLetters[0]["traceparent"], deadLetters[0]["header:x-0"]));
        Assert.Equal(ForwardedHeaders.MaxCount - 1, deadLetters[0].Keys.Count(name => name.StartsWith("header:", StringComparison.Ordinal)));
        Assert.Equal(["header:x-small"], deadLetters[1].Keys.Where(name => name.StartsWith("header:", StringComparison.Ordinal)));
        Assert.Equal(
            [ReprocessOutcome.Reprocessed, ReprocessOutcome.Reprocessed],
            (await process.Services.GetRequiredService<IDeadLetterQueue>().ReprocessAsync([deadLetters[0]["id"], deadLetters[1]["id"]], Cancellation)).Select(result => result.Outcome));
        await view.SettledAsync(Group);
    }

    [Fact]
    public void Dropped_headers_are_counted_and_each_header_has_one_value()
    {
        List<EntryField> fields = [.. Enumerable.Range(0, 4_000).Select(i => Field("traceparent", $"{i}")), Field("x-large", new string('y', ForwardedHeaders.MaxBytes)), Field("headers_dropped", "3")];
        var forwarded = ForwardedHeaders.Of(fields);
        Assert.Equal([("traceparent", "3999"), ("headers_dropped", "4")], forwarded.Select(Text));

        var again = ForwardedHeaders.Of([.. forwarded, .. Enumerable.Range(0, 150).Select(i => Field($"x-{i}", "y"))]);
        Assert.Equal((ForwardedHeaders.MaxCount + 1, ("headers_dropped", "55")), (again.Count, Text(again[^1])));

        static EntryField Field(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));
        static (string, string) Text(EntryField field) => (field.Name, Encoding.UTF8.GetString(field.Value.Span));
    }

    private static string Note(string text = "good")
        => $$$"""{"type":"note.written","aggregate_id":"1","data":{"note_id":1,"text":"{{{text}}}"},"timestamp":"2025-01-15T10:30:00Z"}""";
}
