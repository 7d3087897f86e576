namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>What Auth and everybody who trusts it agree on.</summary>
public static class TokenFormat
{
    /// <summary>Who signs the tokens, and whom they are for.</summary>
    public const string Issuer = "taskplatform-auth", Audience = "taskplatform";

    /// <summary>The user's id.</summary>
    public const string SubjectClaim = "sub";

    /// <summary>The user's e-mail address.</summary>
    public const string EmailClaim = "email";

    /// <summary>The user's role.</summary>
    public const string RoleClaim = "role";

    /// <summary>A random value that all tokens of a user share until they are revoked together.</summary>
    public const string StampClaim = "stamp";

    /// <summary>When the token expires, in seconds since 1970.</summary>
    public const string ExpiryClaim = "exp";

    /// <summary>Where Auth publishes the public keys.</summary>
    public const string KeysPath = "/.well-known/jwks.json";

    /// <summary>Where Auth publishes its OpenID Connect configuration.</summary>
    public const string DiscoveryPath = "/.well-known/openid-configuration";

    /// <summary>Where Auth publishes the stamps of revoked tokens.</summary>
    public const string RevokedTokensPath = "/.well-known/revoked-tokens";
}
