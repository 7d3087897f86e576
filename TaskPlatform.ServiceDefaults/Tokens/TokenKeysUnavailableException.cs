namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>The keys can't be had at the moment, so a token can be neither trusted nor refused.</summary>
public sealed class TokenKeysUnavailableException(Exception innerException)
    : Exception($"The keys that tokens are verified with can't be had: {innerException.Message}", innerException);
