namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Says when a token is revoked, to an answer that goes on for long.</summary>
public sealed class RevocationWatch : IDisposable
{
    // It has no timer, so nothing needs to be disposed; the list may be revoking while the answer ends.
    private readonly CancellationTokenSource revoked = new();
    private readonly Action<RevocationWatch> end;

    internal RevocationWatch(string? stamp, Action<RevocationWatch> end) => (Stamp, this.end) = (stamp, end);

    /// <summary>Is cancelled as soon as this service knows that the token is revoked.</summary>
    public CancellationToken Revoked => revoked.Token;

    internal string? Stamp { get; }

    /// <summary>Ends the watch.</summary>
    public void Dispose() => end(this);

    internal void Revoke() => revoked.Cancel();

    internal Task RevokeAsync() => revoked.CancelAsync();
}
