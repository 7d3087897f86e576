using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>
/// How the testing builder gets hold of an AppHost whose own entry point runs: whatever builder is made on that flow of
/// control reports here, and its application is started and stopped by the test alone.
/// </summary>
internal abstract class AppHostInterception
{
    private static readonly AsyncLocal<AppHostInterception?> Flow = new();

    public static AppHostInterception? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }

    public abstract void Constructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings);

    public abstract void Constructed(DistributedApplicationBuilder builder);

    /// <summary>Returns when the test wants the application to be built.</summary>
    public abstract void Building(DistributedApplicationBuilder builder);

    public abstract void Built(DistributedApplication application);
}
