using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Tells a Redis that can't be reached, or can't serve yet, from one that said no.</summary>
internal static class RedisAvailability
{
    private static readonly string[] Passing = ["LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "OOM", "MISCONF", "BUSY "];

    public static bool IsUnavailable(Exception exception) => exception switch
    {
        RedisConnectionException or TimeoutException or ObjectDisposedException => true,
        RedisServerException or EntryRefusedException => Array.Exists(Passing, state => exception.Message.Contains(state, StringComparison.Ordinal)),
        _ => false,
    };
}
