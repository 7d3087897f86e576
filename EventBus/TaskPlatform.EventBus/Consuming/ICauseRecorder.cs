using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Learns which event a DI scope handles, so that what is published in it names that event as its cause.</summary>
internal interface ICauseRecorder
{
    void Record(Guid eventId, string? correlationId);
}

internal static class CauseRecording
{
    /// <summary>The scope handles this delivery from now on.</summary>
    public static void RecordCause(this IServiceProvider scope, Delivery delivery)
    {
        foreach (var recorder in scope.GetServices<ICauseRecorder>())
            recorder.Record(delivery.EventId, delivery.CorrelationId);
    }
}
