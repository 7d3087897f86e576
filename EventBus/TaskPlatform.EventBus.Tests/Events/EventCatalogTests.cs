using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Events;

public sealed class EventCatalogTests
{
    [Fact]
    public void A_wire_name_stands_for_one_type_and_has_the_form_aggregate_fact()
    {
        var catalog = new EventCatalog().Add<ParcelSent>();

        Assert.True(catalog.Contains<ParcelSent>());
        Assert.False(catalog.Contains<LetterLost>());
        Assert.Equal(["parcel.sent"], catalog.Types);
        Assert.Contains("parcel.sent", Assert.Throws<InvalidOperationException>(() => catalog.Add<ParcelSent>()).Message, StringComparison.Ordinal);
        Assert.Contains("Malformed", Assert.Throws<InvalidOperationException>(() => catalog.Add<Malformed>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_is_a_type_too_that_can_not_be_published_and_collides_with_no_other()
    {
        var catalog = new EventCatalog().Add<ParcelSent>(aliases: ["parcel.posted", "letter.posted"]);

        Assert.Equal(["parcel.sent", "parcel.posted", "letter.posted"], catalog.Types);
        Assert.Equal(["parcel.posted", "letter.posted"], catalog.AliasesOf<ParcelSent>());
        Assert.Empty(catalog.AliasesOf<LetterLost>());
        AssertRefused(() => catalog.Add<LetterLost>("letter.posted"), "'letter.posted' is declared by both ParcelSent and LetterLost");
        AssertRefused(() => new EventCatalog().Add<ParcelSent>("parcel.sent"), "'parcel.sent' is declared by both ParcelSent and ParcelSent");
        AssertRefused(() => new EventCatalog().Add<LetterLost>("parcel.sent").Add<ParcelSent>(), "'parcel.sent' is declared by both LetterLost and ParcelSent");
        AssertRefused(() => new EventCatalog().Add<ParcelSent>("Posted"), "'Posted' of ParcelSent is not of the form");
        Assert.False(new EventCatalog().Add<ParcelSent>("letter.lost").Contains<LetterLost>());

        static void AssertRefused(Action add, string message)
            => Assert.Contains(message, Assert.Throws<InvalidOperationException>(add).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_payload_goes_through_every_upcaster()
    {
        var catalog = new EventCatalog().Add<Third>()
            .AddUpcaster<Third>(1, json => new JsonObject { ["second"] = json["first"]!.DeepClone() })
            .AddUpcaster<Third>(2, json => new JsonObject { ["Value"] = json["second"]!.GetValue<int>() * 10 });

        Assert.Equal(new Third(70), catalog.Read<Third>("""{"first":7}"""u8, 1));
        Assert.Equal(new Third(70), catalog.Read<Third>("""{"second":7}"""u8, 2));
        Assert.Equal(new Third(7), catalog.Read<Third>("""{"Value":7}"""u8, 3));
        Assert.Equal(new Third(7), catalog.Read<Third>("""{"Value":7}"""u8, schema: null));
    }

    [Fact]
    public void A_newer_schema_and_one_without_an_upcaster_are_not_guessed_at()
    {
        var catalog = new EventCatalog().Add<Third>().AddUpcaster<Third>(1, json => json);

        Assert.Throws<UnknownSchemaException>(() => catalog.Read<Third>("{}"u8, 4));
        Assert.Contains("from 2 to 3", Assert.Throws<UnknownSchemaException>(() => catalog.Read<Third>("{}"u8, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => catalog.Read<Third>("null"u8, 3));
    }

    [Fact]
    public void An_upcaster_is_for_an_older_schema_of_a_known_event_and_is_there_once()
    {
        var catalog = new EventCatalog().Add<Third>().AddUpcaster<Third>(1, json => json);

        Assert.Throws<InvalidOperationException>(() => catalog.AddUpcaster<Third>(1, json => json));
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.AddUpcaster<Third>(3, json => json));
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.AddUpcaster<Third>(0, json => json));
        Assert.Throws<InvalidOperationException>(() => new EventCatalog().AddUpcaster<Third>(1, json => json));
    }

    private sealed record Third(int Value) : IEvent<Third>
    {
        public static string Type => "thing.third";

        public static int Schema => 3;

        public static JsonTypeInfo<Third> JsonTypeInfo { get; } = (JsonTypeInfo<Third>)JsonSerializerOptions.Default.GetTypeInfo(typeof(Third));

        string IEvent<Third>.AggregateId => "1";
    }

    private sealed record Malformed : IEvent<Malformed>
    {
        public static string Type => "Thing";

        public static JsonTypeInfo<Malformed> JsonTypeInfo => throw new NotSupportedException();

        string IEvent<Malformed>.AggregateId => "1";
    }
}
