using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Payloads with a different schema than the one that the process knows.</summary>
public sealed class SchemaTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Stream = "events:draft.saved";

    [Fact]
    public async Task A_payload_of_an_older_schema_is_upcast()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        using var host = await StartAsync(place, Catalog()
            .AddUpcaster<DraftSaved>(1, draft => new JsonObject { ["draft_id"] = (int)draft["id"]!, ["title"] = (string)draft["name"]! })
            .AddUpcaster<DraftSaved>(2, draft =>
            {
                draft["words"] = ((string)draft["title"]!).Split(' ').Length;
                return draft;
            }));

        await view.AddAsync(Stream, "schema", "1", "data", Draft("""{"id":1,"name":"A first one"}"""));
        await view.AddAsync(Stream, "schema", "2", "data", Draft("""{"draft_id":2,"title":"The second"}"""));
        await view.AddAsync(Stream, "schema", "3", "data", Draft("""{"draft_id":3,"title":"Third","words":7}"""));
        await view.AddAsync(Stream, "data", Draft("""{"draft_id":4,"title":"Of no schema","words":8}"""));

        var effects = await BusView.Until(view.EffectsAsync, found => found.Count == 4);
        Assert.Equal([(1, "A first one: 3"), (2, "The second: 2"), (3, "Third: 7"), (4, "Of no schema: 8")], effects.Select(effect => (effect.NoteId, effect.Text)));
        await view.SettledAsync(Group, "draft.saved");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("99", "3")]
    [InlineData("2", "from 2 to 3")]
    [InlineData("0", "from 0 to 1")]
    public async Task A_payload_of_a_newer_schema_or_without_an_upcaster_is_retried_and_then_dead_lettered(string schema, string error)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        using var host = await StartAsync(place, Catalog().AddUpcaster<DraftSaved>(1, draft => draft));

        await view.AddAsync(Stream, "schema", schema, "data", Draft("""{"draft_id":1,"title":"Looks right","words":2}"""));

        var deadLetter = Assert.Single(await view.DeadLettersAsync(1));
        Assert.Equal(("unknown_schema", schema), (deadLetter["reason"], deadLetter["schema"]));
        Assert.Contains(error, deadLetter["error"], StringComparison.Ordinal);
        Assert.Equal([null, "1", "2", "3"], (await view.EntriesAsync(Stream)).Select(entry => entry.GetValueOrDefault("attempt")));
        Assert.Equal(0, await view.EffectCountAsync());
        await view.SettledAsync(Group, "draft.saved");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_upcaster_or_type_that_throws_causes_a_dead_letter_and_stops_no_lane()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        using var host = await StartAsync(place, Catalog().AddUpcaster<DraftSaved>(2, _ => throw new NotSupportedException("Not this one.")));

        await view.AddAsync(Stream, "schema", "2", "data", Draft("""{"draft_id":1,"title":"x"}"""));
        await view.AddAsync(Stream, "schema", "3", "data", Draft("""{"draft_id":-1,"title":"x","words":1}"""));
        await view.AddAsync(Stream, "schema", "3", "data", Draft("""{"draft_id":2,"title":"x","words":1}"""));

        await BusView.Until(view.EffectCountAsync, effects => effects == 1);
        Assert.Equal(["unreadable", "unreadable"], (await view.DeadLettersAsync(2)).Select(deadLetter => deadLetter["reason"]));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void An_invalid_upcaster_is_rejected_with_its_schema()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Catalog().AddUpcaster<DraftSaved>(0, draft => draft));
        Assert.Throws<ArgumentOutOfRangeException>(() => Catalog().AddUpcaster<DraftSaved>(3, draft => draft));
        Assert.Throws<InvalidOperationException>(() => new EventCatalog().AddUpcaster<DraftSaved>(1, draft => draft));
        var twice = Assert.Throws<InvalidOperationException>(() => Catalog().AddUpcaster<DraftSaved>(1, draft => draft).AddUpcaster<DraftSaved>(1, draft => draft));
        Assert.Contains("'draft.saved' has two upcasters from schema 1", twice.Message, StringComparison.Ordinal);
    }

    private static EventCatalog Catalog() => new EventCatalog().Add<DraftSaved>();

    private static string Draft(string payload)
        => $$$"""{"type":"draft.saved","aggregate_id":"1","data":{{{payload}}},"timestamp":"2025-01-15T10:30:00Z"}""";

    private static async Task<IHost> StartAsync(BusPlace place, EventCatalog catalog)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "drafts" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = place.Redis,
            ["ConnectionStrings:notes-db"] = place.Postgres,
        });
        builder.Logging.AddProvider(new TestOutputLogger());
        builder.AddNpgsqlDbContext<NotesDb>("notes-db", settings => settings.DisableRetry = true);
        builder.AddEventBus("redis", catalog, bus => bus
            .Configure(options =>
            {
                options.KeyPrefix = place.Prefix;
                options.RetryDelays.Add(TimeSpan.FromMilliseconds(50));
            })
            .UsePostgres<NotesDb>()
            .AddConsumerGroup(Group, group => group.Handle<DraftSaved, RememberDraft>()));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    internal sealed record DraftSaved : IEvent<DraftSaved>
    {
        [JsonConstructor]
        public DraftSaved(int draftId, string title, int words)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(draftId);
            (DraftId, Title, Words) = (draftId, title, words);
        }

        public static string Type => "draft.saved";

        public static int Schema => 3;

        public static JsonTypeInfo<DraftSaved> JsonTypeInfo => DraftsJson.Default.DraftSaved;

        public int DraftId { get; }

        public string Title { get; }

        public int Words { get; }

        string IEvent<DraftSaved>.AggregateId => DraftId.ToString(CultureInfo.InvariantCulture);
    }

    private sealed class RememberDraft(NotesDb db) : IEventHandler<DraftSaved>
    {
        public Task HandleAsync(DraftSaved data, EventContext context, CancellationToken cancellationToken)
        {
            db.Effects.Add(new Effect
            {
                Group = context.Group,
                EventId = context.EventId,
                NoteId = data.DraftId,
                Text = string.Create(CultureInfo.InvariantCulture, $"{data.Title}: {data.Words}"),
            });
            return Task.CompletedTask;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SchemaTests.DraftSaved))]
internal sealed partial class DraftsJson : JsonSerializerContext;
