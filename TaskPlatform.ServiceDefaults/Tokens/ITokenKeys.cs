using Microsoft.IdentityModel.Tokens;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>The public keys that tokens are verified with: Auth has its own, everybody else fetches them from Auth.</summary>
public interface ITokenKeys
{
    /// <summary>The key of an id, or null where there is none.</summary>
    /// <exception cref="TokenKeysUnavailableException">Nobody can say at the moment.</exception>
    ValueTask<SecurityKey?> FindAsync(string keyId, CancellationToken cancellationToken);
}
