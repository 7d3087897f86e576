using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Records the event handled in a DI scope, so that events published in the scope reference it as their cause.</summary>
public interface ICauseRecorder
{
    /// <summary>The scope handles this event from now on.</summary>
    void Record(Guid eventId, string? correlationId);
}

internal static class CauseRecording
{
    /// <summary>Records the delivery that the scope handles.</summary>
    public static void RecordCause(this IServiceProvider scope, Delivery delivery)
    {
        foreach (var recorder in scope.GetServices<ICauseRecorder>())
            recorder.Record(delivery.EventId, delivery.CorrelationId);
    }
}
