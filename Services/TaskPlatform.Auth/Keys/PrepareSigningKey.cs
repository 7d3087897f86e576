using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.Auth.Keys;

/// <summary>Creates the first key at startup, before the first login needs it.</summary>
internal sealed class PrepareSigningKey(SigningKeys keys) : IStartupStep
{
    public async Task RunAsync(CancellationToken cancellationToken) => await keys.CurrentAsync(cancellationToken);
}
