using System.Text.Json;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>One open connection to somebody's live stream, as a browser's EventSource keeps it.</summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly StreamReader reader;

    private EventStream(StreamReader reader) => this.reader = reader;

    /// <summary>The last id that came: what an EventSource sends when it connects again.</summary>
    public string LastEventId { get; private set; } = "";

    /// <summary>Connects, and returns when the stream has begun.</summary>
    public static async Task<EventStream> OpenAsync(ApiClient client, string? lastEventId = null)
    {
        var stream = new EventStream(await client.StreamAsync(
            "/api/notifications/stream", lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]));
        using var limit = NewLimit();
        while (stream.LastEventId.Length == 0)
            await stream.ReadLineAsync(limit.Token);
        return stream;
    }

    /// <summary>The next notification's message.</summary>
    public async Task<string> NextAsync()
    {
        // For all lines together: signs of life come however long nothing else does.
        using var limit = NewLimit();
        while (true)
        {
            var line = await ReadLineAsync(limit.Token);
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                return JsonElement.Parse(line[6..]).GetProperty("message").GetString()!;
        }
    }

    /// <summary>Everything up to a message, without it.</summary>
    public async Task<List<string>> UntilAsync(string message)
    {
        List<string> found = [];
        while (await NextAsync() is var next && next != message)
            found.Add(next);
        return found;
    }

    /// <summary>Returns when the service ends the stream; one that breaks off throws.</summary>
    public async Task EndAsync()
    {
        using var limit = NewLimit();
        while (await reader.ReadLineAsync(limit.Token) is not null)
        {
            // What came before the end.
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
