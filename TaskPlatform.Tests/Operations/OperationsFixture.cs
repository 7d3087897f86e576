using System.Text.Json;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>The running services for tests of their operation, and a view of their streams.</summary>
public sealed class OperationsFixture(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    public RunningServices Services { get; } = new(postgres, redis);

    internal BusView View { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // So that failing events are dead-lettered soon.
        Services.Set("EventBus:MaxRetries", "1");
        Services.Set("EventBus:RetryDelays:0", "00:00:00.1");
        // Streams are trimmed after a second, and republishing is effectively off, so that neither surprises a test.
        Services.Set("EventBus:StreamRetention", "00:00:01");
        Services.Set("EventBus:RetentionInterval", "01:00:00");
        Services.Set("Console:SampleInterval", "00:00:01");
        Services.Set("Console:Dashboard", "http://dashboard.example:15888");
        await Services.InitializeAsync();
        View = await BusView.OfAsync(new BusPlace(
            redis.ConnectionString, Services.Settings["ConnectionStrings:notifications-db"], Services.Settings["EventBus:KeyPrefix"]));
    }

    public async ValueTask DisposeAsync()
    {
        await View.DisposeAsync();
        await Services.DisposeAsync();
    }

    /// <summary>Adds a dead letter, as a consumer does.</summary>
    internal async Task<string> AddDeadLetterAsync(
        string group, string type = "task.created", string data = """{"type":"task.created"}""", string exception = "System.Exception", string error = "no")
    {
        var eventId = Guid.CreateVersion7().ToString();
        var id = await View.AddAsync("event_dlq",
            "stream", $"events:{type}", "group", group, "type", type, "event_id", eventId, "data", data, "reason", "exhausted",
            "exception", exception, "error", error, "stack", $"{exception}: {error}", "attempts", "4", "original_id", "2-1",
            "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await View.Redis.HashSetAsync(View.Prefix + "event_dlq:index", $"{group} {eventId}", id);
        return id;
    }

    /// <summary>Waits for a job to end.</summary>
    internal static Task<JsonElement> WaitForJobAsync(ApiClient admin, Answer accepted)
        => BusView.Until(
            async () => (await admin.GetAsync(accepted.Headers.Location!.ToString())).Json,
            job => job.GetProperty("state").GetString() != "running");
}

[CollectionDefinition(Name)]
public sealed class OperationsTests : ICollectionFixture<OperationsFixture>
{
    public const string Name = "Operations";
}
