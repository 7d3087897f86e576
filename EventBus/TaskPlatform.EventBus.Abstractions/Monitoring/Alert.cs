using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus;

/// <summary>An event of the bus itself, published when an alert starts firing and when it is resolved.</summary>
/// <param name="Rule">The rule, for example <c>lag_age</c>.</param>
/// <param name="Subject">The subject, for example <c>events:task.created notifications_service</c>; empty if the rule has only one.</param>
/// <param name="Summary">A description of the problem, as of the last evaluation at which the alert was firing.</param>
/// <param name="StartsAt">When the alert started.</param>
/// <param name="EndsAt">When it was resolved; null while it is firing.</param>
public sealed record AlertChanged(string Rule, string Subject, string Summary, DateTimeOffset StartsAt, DateTimeOffset? EndsAt)
    : IEvent<AlertChanged>
{
    /// <inheritdoc />
    public static string Type => "alert.changed";

    /// <inheritdoc />
    public static JsonTypeInfo<AlertChanged> JsonTypeInfo => AlertJson.Default.AlertChanged;

    /// <summary>Whether the alert is resolved.</summary>
    [JsonIgnore]
    public bool IsResolved => EndsAt is not null;

    /// <summary>Whether both are changes of the same alert, regardless of the summary.</summary>
    public bool IsSame(AlertChanged other) => (Rule, Subject, StartsAt) == (other.Rule, other.Subject, other.StartsAt);

    string IEvent<AlertChanged>.AggregateId => Subject.Length == 0 ? Rule : $"{Rule} {Subject}";
}

/// <summary>JSON metadata of alerts, as the transport stores them and as events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AlertChanged))]
internal sealed partial class AlertJson : JsonSerializerContext;

/// <summary>Receives alerts in the process that detected them. Alerts that must not be lost are published through <see cref="IAlertLog"/>.</summary>
public interface IAlertSink
{
    /// <summary>
    /// Reports once that an alert is firing or resolved. If this throws, the same sink is called again at the next evaluation, independently of
    /// other sinks. If the process dies, it is not called again.
    /// </summary>
    Task NotifyAsync(AlertChanged alert, CancellationToken cancellationToken);
}

/// <summary>Publishes alerts as events. Registered only in processes of the one service whose event log stores the alerts of all processes.</summary>
public interface IAlertLog
{
    /// <summary>Appends and saves an alert change. The same change may be passed twice; it then has the same event id.</summary>
    Task AppendAsync(AlertChanged alert, CancellationToken cancellationToken);
}
