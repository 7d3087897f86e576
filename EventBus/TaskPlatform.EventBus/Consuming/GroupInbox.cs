using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Finds the inbox of a group.</summary>
public static class GroupInbox
{
    /// <summary>
    /// The group's own inbox, which has its name as key, or else that of the bus's only store. Null if the group has none, or would have to choose a store.
    /// </summary>
    /// <param name="parts">The provider of the bus's parts.</param>
    /// <param name="group">The group.</param>
    public static IInbox? InboxOf(this IServiceProvider parts, ConsumerGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (group.IsWithoutInbox)
            return null;
        return parts.GetKeyedService<IInbox>(group.Name) ?? (parts.GetServices<IInbox>().ToList() is [var only] ? only : null);
    }
}
