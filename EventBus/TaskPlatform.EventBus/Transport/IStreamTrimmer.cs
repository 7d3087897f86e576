namespace TaskPlatform.EventBus;

/// <summary>Trims streams.</summary>
public interface IStreamTrimmer
{
    /// <summary>Trims entries older than <see cref="EventBusOptions.StreamRetention"/>, except those that a group has not read and acked.</summary>
    Task TrimAsync(IReadOnlyCollection<string> streams, CancellationToken cancellationToken);
}
