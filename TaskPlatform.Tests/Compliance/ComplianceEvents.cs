using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>The event of the compliance tests.</summary>
public sealed record ParcelSent(int ParcelId) : IEvent<ParcelSent>
{
    /// <inheritdoc/>
    public static string Type => "parcel.sent";

    /// <inheritdoc/>
    public static JsonTypeInfo<ParcelSent> JsonTypeInfo => ParcelsJson.Default.ParcelSent;

    string IEvent<ParcelSent>.AggregateId => ParcelId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Another one, so that a consumer has more than one stream.</summary>
public sealed record LetterLost(int LetterId) : IEvent<LetterLost>
{
    /// <inheritdoc/>
    public static string Type => "letter.lost";

    /// <inheritdoc/>
    public static JsonTypeInfo<LetterLost> JsonTypeInfo => ParcelsJson.Default.LetterLost;

    string IEvent<LetterLost>.AggregateId => LetterId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ParcelSent))]
[JsonSerializable(typeof(LetterLost))]
internal sealed partial class ParcelsJson : JsonSerializerContext;

/// <summary>A transport delivers to a receiver; no handler runs.</summary>
internal sealed class NoHandler : IEventHandler<ParcelSent>, IEventHandler<LetterLost>
{
    public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleAsync(LetterLost data, EventContext context, CancellationToken cancellationToken) => Task.CompletedTask;
}
