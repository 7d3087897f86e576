using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.Dashboard;

/// <summary>A platform whose worker may be stopped, and whose dead letters nobody else needs.</summary>
public sealed class WatchedPlatform : IAsyncLifetime
{
    private Platform? platform;

    public Platform Platform => platform!;

    public async ValueTask InitializeAsync() => platform = await Platform.StartNewAsync(withDashboard: true);

    public async ValueTask DisposeAsync()
    {
        if (platform is not null)
            await platform.DisposeAsync();
    }
}
