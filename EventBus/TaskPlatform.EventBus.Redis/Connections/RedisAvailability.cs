using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Distinguishes temporary failures of Redis from rejected commands.</summary>
internal static class RedisAvailability
{
    private static readonly string[] Temporary = ["LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "OOM", "MISCONF", "BUSY "];

    public static bool IsUnavailable(Exception exception) => exception switch
    {
        RedisConnectionException or TimeoutException or ObjectDisposedException => true,
        RedisServerException or EntryRefusedException => Array.Exists(Temporary, state => exception.Message.Contains(state, StringComparison.Ordinal)),
        _ => false,
    };
}
