using System.Security.Cryptography;

namespace TaskPlatform.EventBus;

/// <summary>The name of this process as a consumer in its groups.</summary>
/// <param name="Value">Application and instance, for example <c>TaskPlatform.Notifications.Worker:web-1-4711-9f3c2a</c>.</param>
public sealed record ConsumerName(string Value)
{
    internal static ConsumerName Of(string application, EventBusOptions options)
    {
        var instance = options.InstanceId
            ?? $"{Environment.MachineName}-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        return new ConsumerName($"{application}:{instance}");
    }
}
