namespace TaskPlatform.ServiceDefaults.Start;

/// <summary>Something that must be done before the service starts. The steps run one after another, in the order of their registration.</summary>
public interface IStartupStep
{
    /// <summary>Does it.</summary>
    /// <exception cref="StartupException">It can't be done, and somebody can set it right.</exception>
    Task RunAsync(CancellationToken cancellationToken);
}
