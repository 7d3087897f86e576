namespace TaskPlatform.EventBus;

/// <summary>Checks what a bus needs before it starts. Transports and stores register their checks among the parts of the bus.</summary>
public interface IStartCheck
{
    /// <summary>Checks once. What can't be checked because a server is unavailable counts as correct: the bus starts and waits for it.</summary>
    /// <exception cref="EventBusSetupException">A line of the registration, or a table, is missing.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
