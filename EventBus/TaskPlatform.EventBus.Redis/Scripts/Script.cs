using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The Lua scripts in this folder. Each is atomic: no other client sees part of its changes, even if the caller dies.</summary>
internal static class Script
{
    public static readonly string Publish = Load("publish");
    public static readonly string Retry = Load("retry");
    public static readonly string DeadLetter = LoadWithIndex("dead_letter");
    public static readonly string AckForeign = Load("ack_foreign");
    public static readonly string Ack = Load("ack");
    public static readonly string Page = LoadWithEntries("page");
    public static readonly string AppendReplay = Load("append_replay");
    public static readonly string Describe = LoadWithEntries("describe");
    public static readonly string ListDeadLetters = Load("list_dead_letters");
    public static readonly string FindDeadLetters = LoadWithIndex("find_dead_letters");
    public static readonly string CountDeadLetters = LoadWithIndex("count_dead_letters");
    public static readonly string Reprocess = LoadWithIndex("reprocess");
    public static readonly string Delete = LoadWithIndex("delete");
    public static readonly string Due = LoadWithEntries("due");
    public static readonly string Forward = Load("forward");
    public static readonly string Claim = LoadWithEntries("claim");
    public static readonly string ListOwned = LoadWithEntries("list_owned");
    public static readonly string Topology = Load("topology");
    public static readonly string IsDrained = LoadWithEntries("is_drained");
    public static readonly string Lease = Load("lease");
    public static readonly string TakeOver = LoadWithEntries("take_over");
    public static readonly string ReleaseChannel = Load("release_channel");
    public static readonly string CountDelivery = Load("count_delivery");
    public static readonly string Renew = Load("renew");
    public static readonly string RemoveIdleConsumers = Load("remove_idle_consumers");
    public static readonly string Group = Load("group");
    public static readonly string RemoveGroup = Load("remove_group");
    public static readonly string Measure = Load("measure");
    public static readonly string Missing = LoadWithEntries("missing");
    public static readonly string MissingTargeted = Load("missing_targeted");
    public static readonly string Newest = LoadWithEntries("newest");
    public static readonly string Probe = Load("probe");
    public static readonly string Outbox = Load("outbox");
    public static readonly string Sample = LoadWithEntries("sample");
    public static readonly string SaveSample = Load("save_sample");
    public static readonly string Trim = LoadWithEntries("trim");

    /// <summary>Whether the group or its stream does not exist, as reported by stream group commands.</summary>
    public static bool IsNoGroup(RedisServerException e) => e.Message.Contains("NOGROUP", StringComparison.Ordinal);

    /// <summary>Whether the stream or the group does not exist.</summary>
    public static bool IsAbsent(RedisServerException e) => IsNoGroup(e) || e.Message.Contains("no such key", StringComparison.Ordinal);

    private static string LoadWithEntries(string name) => Load("entries") + Load(name);

    private static string LoadWithIndex(string name) => Load("entries") + Load("dead_letter_index") + Load(name);

    private static string Load(string name)
    {
        using var stream = typeof(Script).Assembly.GetManifestResourceStream($"TaskPlatform.EventBus.Redis.Scripts.{name}.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
