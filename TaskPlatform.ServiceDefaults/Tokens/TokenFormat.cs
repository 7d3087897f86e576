namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>The token format that Auth and the services share.</summary>
public static class TokenFormat
{
    /// <summary>The issuer and the audience of tokens.</summary>
    public const string Issuer = "taskplatform-auth", Audience = "taskplatform";

    /// <summary>The user's id.</summary>
    public const string SubjectClaim = "sub";

    /// <summary>The user's e-mail address.</summary>
    public const string EmailClaim = "email";

    /// <summary>The user's role.</summary>
    public const string RoleClaim = "role";

    /// <summary>A random value that all tokens of a user share until they are revoked.</summary>
    public const string StampClaim = "stamp";

    /// <summary>When the token expires, in seconds since 1970.</summary>
    public const string ExpiryClaim = "exp";

    /// <summary>The path at which Auth publishes its public keys.</summary>
    public const string KeysPath = "/.well-known/jwks.json";

    /// <summary>The path at which Auth publishes its OpenID Connect configuration.</summary>
    public const string DiscoveryPath = "/.well-known/openid-configuration";

    /// <summary>The path at which Auth publishes the stamps of revoked tokens.</summary>
    public const string RevokedTokensPath = "/.well-known/revoked-tokens";
}
