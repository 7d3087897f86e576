using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// The connection for every call that does not block. One whose packets are dropped looks alive for minutes, so this one is
/// asked for a sign of life every few seconds; where it gives none and a new one does, the new one takes its place.
/// </summary>
internal sealed partial class WatchedConnection(
    RedisSettings settings, IConnectionMultiplexer shared, ConsumerName name, BusState state, ILogger<WatchedConnection> logger) : BackgroundService
{
    private const string Role = "connection to Redis";
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(4);

    /// <summary>How long an answer may take. Not every version of the driver limits that by itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly List<(RedisChannel Channel, Action<RedisChannel, RedisValue> Handler)> subscriptions = [];
    private ConnectionMultiplexer? replacement;

    public bool IsConnected => Current.IsConnected;

    /// <summary>The first one is the application's, and not ours to close.</summary>
    private IConnectionMultiplexer Current => (IConnectionMultiplexer?)Volatile.Read(ref replacement) ?? shared;

    /// <summary>Runs a command.</summary>
    /// <exception cref="TimeoutException">No answer came; it may have been done all the same.</exception>
    public Task<RedisResult> ExecuteAsync(string command, params object[] arguments) => Current.GetDatabase().ExecuteAsync(command, arguments).WaitAsync(Patience);

    /// <summary>Runs a script.</summary>
    /// <exception cref="TimeoutException">No answer came; it may have been done all the same.</exception>
    public Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, params RedisValue[] arguments)
        => Current.GetDatabase().ScriptEvaluateAsync(script, keys, arguments).WaitAsync(Patience);

    public Task PublishAsync(RedisChannel channel, RedisValue message)
        => Current.GetSubscriber().PublishAsync(channel, message).WaitAsync(Patience);

    /// <summary>Subscribes for good, also on the connections to come.</summary>
    public async Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        await Current.GetSubscriber().SubscribeAsync(channel, handler).WaitAsync(Patience);
        lock (subscriptions)
            subscriptions.Add((channel, handler));
    }

    public override void Dispose()
    {
        replacement?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await CheckAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                state.Waits(Role, e.Message); // The driver connects again by itself, as soon as there is a server.
            }
        }
    }

    private async Task CheckAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Current.GetDatabase().PingAsync().WaitAsync(Patience, stoppingToken);
        }
        catch (TimeoutException)
        {
            await ReplaceAsync(stoppingToken);
            LogReplaced();
        }

        state.GoesOn(Role);
    }

    private async Task ReplaceAsync(CancellationToken stoppingToken)
    {
        var next = await settings.ConnectAsync(name.Value, subscribes: true);
        try
        {
            await next.GetDatabase().PingAsync().WaitAsync(Patience, stoppingToken);
        }
        catch
        {
            next.Dispose();
            throw;
        }

        // Whatever still waits on the old one fails, and is tried again on the new one.
        Interlocked.Exchange(ref replacement, next)?.Dispose();
        List<(RedisChannel, Action<RedisChannel, RedisValue>)> all;
        lock (subscriptions)
            all = [.. subscriptions];
        foreach (var (channel, handler) in all)
            await next.GetSubscriber().SubscribeAsync(channel, handler).WaitAsync(Patience, stoppingToken);
    }

    [LoggerMessage(LogLevel.Warning, "The connection to Redis carried nothing any more and was replaced.")]
    private partial void LogReplaced();
}
