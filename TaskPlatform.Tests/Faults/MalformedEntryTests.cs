using System.Text;
using StackExchange.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Entries that another publisher, or a mistake with redis-cli, may leave in a stream.</summary>
[Trait("suite", "faults")]
public sealed class MalformedEntryTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Good = """{"type":"note.written","aggregate_id":"1","data":{"note_id":1,"text":"x"},"timestamp":"2025-01-15T10:30:00Z"}""";

    private static readonly (string Kind, string Reason, RedisValue[] Fields)[] Kinds =
    [
        ("no data", "unreadable", ["other", "x"]),
        ("empty data", "unreadable", Data("")),
        ("not UTF-8", "unreadable", ["data", new byte[] { (byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}' }]),
        ("UTF-16", "unreadable", ["data", Encoding.Unicode.GetBytes(Good)]),
        ("byte order mark", "unreadable", Data("\uFEFF" + Good)),
        ("half of a surrogate pair", "unreadable", Data(Good.Replace("note.written", "\\ud800", StringComparison.Ordinal))),
        ("half of a surrogate pair in the payload", "unreadable", Data(Good.Replace("\"x\"", "\"\\ud800\"", StringComparison.Ordinal))),
        ("not JSON", "unreadable", Data("hello")),
        ("cut off", "unreadable", Data(Good[..40])),
        ("something after it", "unreadable", Data(Good + Good)),
        ("null", "unreadable", Data("null")),
        ("an array", "unreadable", Data($"[{Good}]")),
        ("no type", "unreadable", Data(Good.Replace("\"type\"", "\"kind\"", StringComparison.Ordinal))),
        ("no aggregate id", "unreadable", Data(Good.Replace("aggregate_id", "id", StringComparison.Ordinal))),
        ("a number as aggregate id", "unreadable", Data(Good.Replace("\"1\"", "1", StringComparison.Ordinal))),
        ("an aggregate id without end", "unreadable", Data(Good.Replace("\"1\"", $"\"{new string('1', 501)}\"", StringComparison.Ordinal))),
        ("a timestamp that is none", "unreadable", Data(Good.Replace("2025-01-15T10:30:00Z", "yesterday", StringComparison.Ordinal))),
        ("payload is an array", "unreadable", Data(Good.Replace("{\"note_id\":1,\"text\":\"x\"}", "[]", StringComparison.Ordinal))),
        ("wrong types in the payload", "unreadable", Data(Good.Replace(":1,", ":\"one\",", StringComparison.Ordinal))),
        ("a number beyond all bounds", "unreadable", Data(Good.Replace(":1,", ":1e999,", StringComparison.Ordinal))),
        ("deep nesting", "unreadable", Data(Good.Replace("\"x\"", new string('[', 10_000) + new string(']', 10_000), StringComparison.Ordinal))),
        ("1 MB", "unreadable", Data(Good.Replace("\"x\"", $"\"{new string('x', 1024 * 1024)}\"", StringComparison.Ordinal))),
        ("an event id that is none", "unreadable", ["event_id", "42", .. Data(Good)]),
        ("an attempt that is none", "unreadable", ["attempt", "many", .. Data(Good)]),
        ("a schema that is none", "unreadable", ["schema", "newest", .. Data(Good)]),
        ("a schema nobody knows", "unknown_schema", ["schema", "99", .. Data(Good)]),
        ("a type nobody knows", "unknown_type", Data(Good.Replace("note.written", "note.burnt", StringComparison.Ordinal))),
        ("a type in capitals", "unknown_type", Data(Good.Replace("note.written", "Note.Written", StringComparison.Ordinal))),
        ("a type of another stream", "unreadable", Data(Good.Replace("note.written", "note.erased", StringComparison.Ordinal))),
        ("a time of day", "unreadable", Data(Good.Replace("2025-01-15T10:30:00Z", "10:00", StringComparison.Ordinal))),
        ("a date alone", "unreadable", Data(Good.Replace("2025-01-15T10:30:00Z", "1/2/2026", StringComparison.Ordinal))),
        ("a NUL, which no database stores", "rejected", Data(Good.Replace("\"x\"", "\"a\\u0000b\"", StringComparison.Ordinal))),
        ("a header 4,000 times", "unreadable", [.. Enumerable.Repeat<RedisValue[]>(["traceparent", "x"], 4_000).SelectMany(field => field), .. Data("hello")]),
        ("a header of 5 MB", "unreadable", ["traceparent", new string('x', 5 * 1024 * 1024), .. Data("hello")]),
        ("a header's name of 1 MB", "unreadable", [new string('x', 1024 * 1024), "y", .. Data("hello")]),
        ("10,000 headers", "unreadable", [.. Enumerable.Range(0, 10_000).SelectMany(i => new RedisValue[] { $"x-{i}", "y" }), .. Data("hello")]),
        ("a first entry of 1 MB", "unreadable", ["first_entry_id", new string('1', 1024 * 1024), "first_failed_at", new string('1', 1024 * 1024), .. Data("hello")]),
        ("no text, which the handler trips over", "exhausted", Data(Good.Replace("\"text\"", "\"words\"", StringComparison.Ordinal))),
    ];

    [Fact]
    public async Task Each_malformed_entry_becomes_one_dead_letter_with_its_raw_bytes_and_other_events_are_handled()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        var added = new Dictionary<string, int>();
        for (var i = 0; i < Kinds.Length; i++)
        {
            await process.WriteAsync(new NoteWritten(100 + i, "good"));
            added[await view.AddAsync("events:note.written", Kinds[i].Fields)] = i;
        }

        var letters = await view.DeadLettersAsync(Kinds.Length);
        Assert.Equal(Kinds.Length, letters.Count);
        foreach (var letter in letters)
        {
            var (kind, reason, fields) = Kinds[added[letter["first_entry_id"]]];
            Assert.Equal((kind, reason), (kind, letter["reason"]));
            Assert.NotEmpty(letter["error"]);
            var raw = fields is [.., var name, var data] && name == "data" ? (byte[])data! : [];
            Assert.Equal((kind, Encoding.UTF8.GetString(raw)), (kind, letter["data"]));
            Assert.InRange(letter.Where(field => field.Key != "data").Sum(field => field.Key.Length + field.Value.Length), 0, 100 * 1024);
        }

        await view.AssertExactlyOnceAsync(Group, notes: Kinds.Length);
    }

    [Fact]
    public async Task Unusual_but_readable_entries_are_handled()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await view.AddAsync("events:note.written", ["traceparent", "garbage", "aggregate_type", "no member", "", "", .. Data(Good)]);
        await view.AddAsync("events:note.written", Data("  " + Good.Replace("\"data\"", "\"more\":{\"data\":[{}]},\"data\"", StringComparison.Ordinal) + "\n"));
        await view.AddAsync("events:note.written", ["data", "x", .. Data(Good)]);
        await view.AddAsync("events:note.written", Data(Good.Replace("2025-01-15T10:30:00Z", "0001-01-01T00:00:00", StringComparison.Ordinal)));
        await process.Seen.TakeAsync(4);

        await view.AssertExactlyOnceAsync(Group);
        Assert.Empty(await view.EntriesAsync("event_dlq"));
    }

    private static RedisValue[] Data(string json) => ["data", Encoding.UTF8.GetBytes(json)];
}
