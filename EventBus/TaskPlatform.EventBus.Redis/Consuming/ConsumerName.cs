using System.Security.Cryptography;

namespace TaskPlatform.EventBus.Redis;

/// <summary>This process among the consumers of its groups.</summary>
/// <param name="Value">Application and instance, for example <c>TaskPlatform.Notifications.Worker:web-1-4711-9f3c2a</c>.</param>
internal sealed record ConsumerName(string Value)
{
    /// <summary>Holds what waits for its retry. No process has this name, so the entry stays pending and no handler runs.</summary>
    public const string AwaitingRetry = "(retry)";

    /// <summary>Holds what a stopping process offers to the others.</summary>
    public const string Released = "(released)";

    /// <summary>Whether a process has the name; those in parentheses belong to none.</summary>
    public static bool IsProcess(string name) => !name.StartsWith('(');

    public static ConsumerName Of(string application, EventBusOptions options)
    {
        var instance = options.InstanceId
            ?? $"{Environment.MachineName}-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        return new ConsumerName($"{application}:{instance}");
    }
}
