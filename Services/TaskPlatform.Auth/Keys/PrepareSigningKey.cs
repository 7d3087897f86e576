using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.Auth.Keys;

/// <summary>Makes the first key before the first login wants it.</summary>
internal sealed class PrepareSigningKey(SigningKeys keys) : IStartupStep
{
    public async Task RunAsync(CancellationToken cancellationToken) => await keys.CurrentAsync(cancellationToken);
}
