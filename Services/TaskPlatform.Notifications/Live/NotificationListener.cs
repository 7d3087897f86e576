using Npgsql;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Live;

/// <summary>Listens for messages of the database, on one connection for all streams of the process.</summary>
internal sealed partial class NotificationListener(
    LiveStreams liveStreams, IConfiguration configuration, TimeProvider time, ILogger<NotificationListener> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogInterrupted(failure.Message);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Listens until the connection breaks.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(
            configuration.GetConnectionString($"{NotificationsDb.ConnectionName}-direct")
            ?? configuration.GetConnectionString(NotificationsDb.ConnectionName))
        {
            Pooling = false,
        };
        if (!settings.ShouldSerialize("Keepalive"))
            settings.KeepAlive = 10; // In seconds; detects half-open connections.
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notification += (_, message) => liveStreams.Notify(message.Payload);
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"LISTEN {NotificationsDb.Channel}", connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);

        // Notifications may have been committed before LISTEN.
        liveStreams.WakeAll();
        while (true)
            await connection.WaitAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Listening for new notifications failed and will be retried: {Reason}")]
    private partial void LogInterrupted(string reason);
}
