using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus;

/// <summary>Something that an operator should know of: an event of the bus itself, when it begins and when it is over.</summary>
/// <param name="Rule">Which rule, for example <c>lag_age</c>.</param>
/// <param name="Subject">What it is about, for example <c>events:task.created notifications_service</c>; empty where there is only one.</param>
/// <param name="Summary">What is wrong, or was, for a person: as of the last evaluation while it fires.</param>
/// <param name="StartsAt">Since when.</param>
/// <param name="EndsAt">Until when; null as long as it lasts.</param>
public sealed record AlertChanged(string Rule, string Subject, string Summary, DateTimeOffset StartsAt, DateTimeOffset? EndsAt)
    : IEvent<AlertChanged>
{
    /// <inheritdoc />
    public static string Type => "alert.changed";

    /// <inheritdoc />
    public static JsonTypeInfo<AlertChanged> JsonTypeInfo => AlertJson.Default.AlertChanged;

    /// <summary>Whether it is over.</summary>
    [JsonIgnore]
    public bool IsResolved => EndsAt is not null;

    /// <summary>Whether this is about the same alert as another, whatever its text says by now.</summary>
    internal bool IsSame(AlertChanged other) => (Rule, Subject, StartsAt) == (other.Rule, other.Subject, other.StartsAt);

    string IEvent<AlertChanged>.AggregateId => Subject.Length == 0 ? Rule : $"{Rule} {Subject}";
}

/// <summary>How alerts are kept and published.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AlertChanged))]
internal sealed partial class AlertJson : JsonSerializerContext;

/// <summary>Receives alerts in the process that found them. What must not be lost is published as an event: see <see cref="IAlertLog"/>.</summary>
public interface IAlertSink
{
    /// <summary>
    /// Reports an alert that fires or is resolved, once. If this throws, the same sink is called again at the next evaluation, whatever became of
    /// the others; if the process dies, it is not.
    /// </summary>
    Task NotifyAsync(AlertChanged alert, CancellationToken cancellationToken);
}

/// <summary>Publishes alerts as events, whichever process found them. Only processes that share one event log have it, and that log's service owns them.</summary>
public interface IAlertLog
{
    /// <summary>Appends and saves an alert that fires or is resolved. The same one may come twice, and then has the same event id.</summary>
    Task AppendAsync(AlertChanged alert, CancellationToken cancellationToken);
}
