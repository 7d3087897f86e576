using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Elects one process of a service as its leader. Until this process is elected, it notifies the leader of its commits.</summary>
internal sealed class LeaderElection<TDb>(
    string service, CommitSignal<TDb> committed, IEventTransport transport, ApplicationScopes scopes)
    where TDb : DbContext
{
    /// <summary>How often a process tries to become leader.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IWakeChannel? channel = transport.Capabilities.WakeChannel;
    private bool isSubscribed;
    private volatile bool isLeader;

    /// <summary>Waits until this process is the leader.</summary>
    /// <param name="onFollowing">Called whenever another process turns out to be the leader.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The leadership, which ends when it is disposed or its connection breaks.</returns>
    public async Task<Leadership> WinAsync(Action onFollowing, CancellationToken cancellationToken)
    {
        if (!isSubscribed && channel is not null)
            await channel.OnWakeAsync(service, OnRemoteCommit, cancellationToken);
        isSubscribed = true;
        var connection = await ConnectAsync(cancellationToken);
        try
        {
            while (!await TryAcquireAsync(connection, cancellationToken))
            {
                onFollowing();
                await ForwardCommitsAsync(cancellationToken);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        isLeader = true;
        return new Leadership(connection, onEnd: () => isLeader = false);
    }

    private static async Task<bool> TryAcquireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var untraced = UntracedWork.Begin();
        return await LeaderLock.TryAcquireAsync(connection, cancellationToken);
    }

    /// <summary>A commit in another process. Only the leader reacts: another process would only notify the leader, and itself, once more.</summary>
    private void OnRemoteCommit()
    {
        if (isLeader)
            committed.Set();
    }

    /// <summary>Notifies the leader of this process's commits until the next attempt to become leader is due.</summary>
    private async Task ForwardCommitsAsync(CancellationToken cancellationToken)
    {
        using var untraced = UntracedWork.Begin();
        var started = Stopwatch.GetTimestamp();
        for (var left = Interval; left > TimeSpan.Zero; left = Interval - Stopwatch.GetElapsedTime(started))
        {
            if (await committed.WaitAsync(left, cancellationToken) && channel is not null)
                await channel.WakeAsync(service, cancellationToken);
        }
    }

    /// <summary>Opens a connection outside the pool, because the advisory lock is held for the lifetime of its session.</summary>
    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        using var untraced = UntracedWork.Begin();
        await using var scope = scopes.CreateAsyncScope();
        var direct = scope.ServiceProvider.GetRequiredService<IOptions<DirectConnection<TDb>>>();
        var pooled = (NpgsqlConnection)scope.ServiceProvider.GetRequiredService<TDb>().Database.GetDbConnection();
        var settings = new NpgsqlConnectionStringBuilder(direct.Value.ConnectionString ?? pooled.ConnectionString)
        {
            Pooling = false,
            ApplicationName = $"{service} dispatcher",
        };
        if (!settings.ShouldSerialize("Keepalive"))
            settings.KeepAlive = 5;
        if (!settings.ShouldSerialize("Command Timeout"))
            settings.CommandTimeout = 10;
        var connection = pooled.CloneWith(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        try
        {
            await PostgresSession.RequireAsync(connection, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>The right to publish the log, for as long as the connection that holds the lock is open.</summary>
internal sealed class Leadership(NpgsqlConnection connection, Action onEnd) : IAsyncDisposable
{
    /// <summary>The connection that holds the lock. All writes of the leader go through it, so that a process that lost the lock writes nothing.</summary>
    public NpgsqlConnection Connection => connection;

    public ValueTask DisposeAsync()
    {
        onEnd();
        return connection.DisposeAsync();
    }
}
