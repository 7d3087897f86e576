using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.ResourceService.Messages;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Dashboard.ResourceService;

/// <summary>A resource's state, as the dashboard is told.</summary>
internal static class ResourceMessages
{
    public static ResourceState Of(ResourceEvent @event)
    {
        var snapshot = @event.Snapshot;
        var message = new ResourceState
        {
            Name = @event.ResourceId,
            Uid = @event.ResourceId,
            DisplayName = @event.Resource.Name,
            ResourceType = snapshot.ResourceType,
            CreatedAt = Time(snapshot.CreationTimeStamp),
            StartedAt = Time(snapshot.StartTimeStamp),
            StoppedAt = Time(snapshot.StopTimeStamp),
            IsHidden = snapshot.IsHidden,
            Environment = { snapshot.EnvironmentVariables.Select(Of) },
            Commands = { snapshot.Commands.Select(Of) },
            Properties = { Properties(@event).Select(Of) },
            Links = { snapshot.Urls.Select(Of) },
            HealthChecks = { snapshot.HealthReports.Select(Of) },
            Relationships = { snapshot.Relationships.Select(Of) },
            State = snapshot.State?.Text ?? "",
            StateStyle = snapshot.State?.Style ?? "",
        };

        if (snapshot.IconName is not null)
            (message.IconName, message.IconVariant) = (snapshot.IconName, Of(snapshot.IconVariant));

        return message;
    }

    /// <summary>The dashboard's list of details is made of these alone.</summary>
    private static IEnumerable<ResourcePropertySnapshot> Properties(ResourceEvent @event) =>
    [
        new("resource.uid", @event.ResourceId),
        new("resource.name", @event.ResourceId),
        new("resource.type", @event.Snapshot.ResourceType),
        new("resource.displayName", @event.Resource.Name),
        new("resource.state", @event.Snapshot.State?.Text),
        new("resource.exitCode", @event.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture)),
        new("resource.createTime", Text(@event.Snapshot.CreationTimeStamp)),
        new("resource.startTime", Text(@event.Snapshot.StartTimeStamp)),
        new("resource.stopTime", Text(@event.Snapshot.StopTimeStamp)),
        new("resource.healthState", @event.Snapshot.HealthStatus?.ToString()),
        .. @event.Snapshot.Properties,
    ];

    private static Variable Of(EnvironmentVariableSnapshot variable) =>
        new() { Name = variable.Name, Value = variable.Value ?? "", IsFromModel = variable.IsFromSpec };

    private static Property Of(ResourcePropertySnapshot property) =>
        new() { Name = property.Name, Value = Of(property.Value), IsSensitive = property.IsSensitive };

    private static Value Of(object? value) => value switch
    {
        null => Value.ForNull(),
        string text => Value.ForString(text),
        int number => Value.ForNumber(number),
        IEnumerable<string> list => Value.ForList([.. list.Select(Value.ForString)]),
        _ => Value.ForString(Convert.ToString(value, CultureInfo.InvariantCulture)),
    };

    private static Link Of(UrlSnapshot url) => new()
    {
        EndpointName = url.Name ?? "",
        Url = url.Url,
        IsInternal = url.IsInternal,
        IsInactive = url.IsInactive,
        Display = new LinkDisplay { Text = url.DisplayProperties.DisplayName, SortOrder = url.DisplayProperties.SortOrder },
    };

    private static Relationship Of(RelationshipSnapshot relationship) =>
        new() { DisplayName = relationship.ResourceName, Type = relationship.Type };

    private static HealthCheck Of(HealthReportSnapshot report)
    {
        var message = new HealthCheck
        {
            Name = report.Name,
            Description = report.Description ?? "",
            Exception = report.ExceptionText ?? "",
            LastRunAt = Time(report.LastRunAt),
        };

        if (report.Status is { } status)
            message.Status = status switch
            {
                HealthStatus.Healthy => Verdict.Healthy,
                HealthStatus.Degraded => Verdict.Degraded,
                _ => Verdict.Unhealthy,
            };

        return message;
    }

    private static Command Of(ResourceCommandSnapshot command) => new()
    {
        Name = command.Name,
        DisplayName = command.DisplayName,
        Description = command.DisplayDescription ?? "",
        Confirmation = command.ConfirmationMessage ?? "",
        IconName = command.IconName ?? "",
        IconVariant = Of(command.IconVariant),
        IsHighlighted = command.IsHighlighted,
        State = command.State switch
        {
            ResourceCommandState.Enabled => CommandState.Enabled,
            ResourceCommandState.Disabled => CommandState.Disabled,
            _ => CommandState.Hidden,
        },
    };

    private static Variant Of(IconVariant? variant) => variant == IconVariant.Filled ? Variant.Filled : Variant.Regular;

    private static Timestamp? Time(DateTime? time) => time is { } known ? Timestamp.FromDateTime(known.ToUniversalTime()) : null;

    private static string? Text(DateTime? time) => time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
}
