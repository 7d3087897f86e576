namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Notifies a long-running response when its token is revoked.</summary>
public sealed class RevocationWatch : IDisposable
{
    // Without a timer there is nothing to dispose, and the list may call Revoke while the response ends.
    private readonly CancellationTokenSource revoked = new();
    private readonly Action<RevocationWatch> end;

    internal RevocationWatch(string? stamp, Action<RevocationWatch> end) => (Stamp, this.end) = (stamp, end);

    /// <summary>Cancelled as soon as this service learns that the token is revoked.</summary>
    public CancellationToken Revoked => revoked.Token;

    internal string? Stamp { get; }

    /// <summary>Ends the watch.</summary>
    public void Dispose() => end(this);

    internal void Revoke() => revoked.Cancel();

    internal Task RevokeAsync() => revoked.CancelAsync();
}
