using System.Text.Json;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>An open connection to a user's live stream, as a browser's EventSource keeps it.</summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly StreamReader reader;

    private EventStream(StreamReader reader) => this.reader = reader;

    /// <summary>The last received id, which an EventSource sends when it reconnects.</summary>
    public string LastEventId { get; private set; } = "";

    /// <summary>Connects, and returns after the stream has begun.</summary>
    public static async Task<EventStream> OpenAsync(ApiClient client, string? lastEventId = null)
    {
        var stream = new EventStream(await client.StreamAsync(
            "/api/notifications/stream", lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]));
        using var limit = NewLimit();
        while (stream.LastEventId.Length == 0)
            await stream.ReadLineAsync(limit.Token);
        return stream;
    }

    /// <summary>Returns the next notification's message.</summary>
    public async Task<string> NextAsync()
    {
        // One limit for all lines, because heartbeats arrive even if there are no notifications.
        using var limit = NewLimit();
        while (true)
        {
            var line = await ReadLineAsync(limit.Token);
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                return JsonElement.Parse(line[6..]).GetProperty("message").GetString()!;
        }
    }

    /// <summary>Returns all messages before the given one.</summary>
    public async Task<List<string>> UntilAsync(string message)
    {
        List<string> found = [];
        while (await NextAsync() is var next && next != message)
            found.Add(next);
        return found;
    }

    /// <summary>Returns when the service ends the stream; throws if the connection breaks.</summary>
    public async Task EndAsync()
    {
        using var limit = NewLimit();
        while (await reader.ReadLineAsync(limit.Token) is not null)
        {
            // Skip remaining events.
        }
    }

    public void Dispose() => reader.Dispose();

    private static CancellationTokenSource NewLimit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return limit;
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = await reader.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The stream ended.");
        if (line.StartsWith("id: ", StringComparison.Ordinal))
            LastEventId = line[4..];
        return line;
    }
}
