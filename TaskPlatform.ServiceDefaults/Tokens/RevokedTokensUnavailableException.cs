namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>The list of revoked tokens is too old, so an admin's token can be neither accepted nor refused.</summary>
public sealed class RevokedTokensUnavailableException()
    : Exception("The list of revoked tokens could not be fetched from Auth for some time.");
