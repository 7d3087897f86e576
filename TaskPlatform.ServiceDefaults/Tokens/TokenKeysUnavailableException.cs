namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>No key has been fetched yet, so a token can be neither accepted nor refused.</summary>
public sealed class TokenKeysUnavailableException(Exception innerException)
    : Exception($"The keys that tokens are verified with are not available: {innerException.Message}", innerException);
