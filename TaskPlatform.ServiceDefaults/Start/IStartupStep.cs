namespace TaskPlatform.ServiceDefaults.Start;

/// <summary>A step that runs before the service starts. Steps run one after another in the order of their registration.</summary>
public interface IStartupStep
{
    /// <summary>Runs the step.</summary>
    /// <exception cref="StartupException">The step can't complete until someone changes the configuration or the environment.</exception>
    Task RunAsync(CancellationToken cancellationToken);
}
