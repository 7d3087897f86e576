using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Graph;

/// <summary>Reads the platform's streams, as with redis-cli.</summary>
internal static class Streams
{
    /// <summary>Returns the only entry for an aggregate in a stream: the event, and the other fields.</summary>
    public static async Task<(JsonElement Event, Dictionary<string, string> Fields)> EntryAsync(this Platform platform, string stream, long aggregateId)
    {
        var id = aggregateId.ToString(CultureInfo.InvariantCulture);
        var entries = await EntriesAsync(platform, stream);
        var (found, fields) = Assert.Single(
            entries.Select(fields => (Event: JsonElement.Parse(fields["data"]), fields)),
            entry => entry.Event.GetProperty("aggregate_id").GetString() == id);
        return (found, fields);
    }

    public static async Task<List<Dictionary<string, string>>> EntriesAsync(this Platform platform, string stream)
        => [.. (await platform.Redis.StreamRangeAsync(stream)).Select(entry =>
            entry.Values.Append(new NameValueEntry("id", entry.Id)).ToDictionary(field => (string)field.Name!, field => (string)field.Value!))];

    /// <summary>The number of pending entries of a group.</summary>
    public static async Task<long> PendingAsync(this Platform platform, string stream, string group)
        => (await platform.Redis.StreamPendingAsync(stream, group)).PendingMessageCount;

    /// <summary>Deletes dead letters that other tests left behind.</summary>
    public static async Task PurgeDeadLettersAsync(this Platform platform)
    {
        var admin = await platform.SignInAsAdminAsync();
        var deadLetters = await platform.Redis.StreamLengthAsync("event_dlq");
        using var purged = await admin.Notifications.DeleteAsync($"/admin/dlq?confirm={deadLetters}", TestContext.Current.CancellationToken);
        await purged.ReadAsync(202);
        await BusView.Until(() => platform.Redis.StreamLengthAsync("event_dlq"), left => left == 0);
    }
}
