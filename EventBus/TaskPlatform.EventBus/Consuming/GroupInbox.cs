using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Finds the inbox of a group: its own, which has the group's name as key, or else that of the bus's only store.</summary>
internal static class GroupInbox
{
    public static IInbox? InboxOf(this IServiceProvider parts, ConsumerGroup group)
        => parts.GetKeyedService<IInbox>(group.Name) ?? (parts.GetServices<IInbox>().ToList() is [var only] ? only : null);
}
