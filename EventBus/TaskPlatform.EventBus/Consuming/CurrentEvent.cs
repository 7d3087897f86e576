namespace TaskPlatform.EventBus;

/// <summary>The event that this DI scope works on, so that what is appended in it is known to follow from it.</summary>
internal sealed class CurrentEvent
{
    public (Guid EventId, string? CorrelationId)? Cause { get; set; }
}
