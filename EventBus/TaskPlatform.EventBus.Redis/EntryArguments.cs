using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The fields of an entry as the arguments of a command or script.</summary>
internal static class EntryArguments
{
    /// <summary>Name, value, name, value..</summary>
    public static IEnumerable<RedisValue> Of(IEnumerable<EntryField> fields)
    {
        foreach (var (name, value) in fields)
        {
            yield return name;
            yield return value;
        }
    }
}
