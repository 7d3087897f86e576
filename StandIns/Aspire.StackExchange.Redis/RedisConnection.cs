using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

internal static class RedisConnection
{
    public static ConnectionMultiplexer Open(ConfigurationOptions options, string connectionName)
    {
        if (options.EndPoints.Count == 0)
            throw new InvalidOperationException(
                $"No endpoints specified. Ensure a valid connection string was provided in 'ConnectionStrings:{connectionName}' " +
                $"or for the '{AspireRedisExtensions.ConfigurationSection}:ConnectionString' configuration key.");

        var connection = ConnectionMultiplexer.Connect(options);

        // Newer clients complete in any order and ignore this; this one's ordered queue stalls behind one slow continuation.
        connection.PreserveAsyncOrder = false;
        return connection;
    }
}
