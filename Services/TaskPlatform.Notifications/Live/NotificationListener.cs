using Npgsql;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Live;

/// <summary>Listens to the database: one connection for all streams of the process.</summary>
internal sealed partial class NotificationListener(
    NewNotifications news, IConfiguration configuration, TimeProvider time, ILogger<NotificationListener> logger) : BackgroundService
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

    /// <summary>Listens as long as the connection lasts.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var address = new NpgsqlConnectionStringBuilder(
            configuration.GetConnectionString($"{NotificationsDb.ConnectionName}-direct")
            ?? configuration.GetConnectionString(NotificationsDb.ConnectionName))
        {
            Pooling = false,
        };
        if (!address.ShouldSerialize("Keepalive"))
            address.KeepAlive = 10; // In seconds: notices a connection that went silent.
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        connection.Notification += (_, message) => news.Notify(message.Payload);
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"LISTEN {NotificationsDb.Channel}", connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);

        // What was committed while nobody listened.
        news.WakeAll();
        while (true)
            await connection.WaitAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "New notifications can't be heard of at the moment: {Reason}")]
    private partial void LogInterrupted(string reason);
}
