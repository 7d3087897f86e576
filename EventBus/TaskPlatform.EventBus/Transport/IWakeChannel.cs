namespace TaskPlatform.EventBus;

/// <summary>Notifies a service's elected dispatcher of commits in the service's other processes. Notifications may be lost.</summary>
public interface IWakeChannel
{
    /// <summary>Notifies the dispatcher. Does not fail if the transport is unavailable.</summary>
    /// <param name="service">The name of the service's log.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task WakeAsync(string service, CancellationToken cancellationToken);

    /// <summary>
    /// Registers a callback that runs whenever a process of the service calls <see cref="WakeAsync"/>. Does not wait for the transport: if it
    /// is unavailable, the registration takes effect later.
    /// </summary>
    Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken);
}
