using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Refuses a group whose registration lacks a line.</summary>
internal sealed class GroupCheck(IEnumerable<ConsumerGroup> groups, EventCatalog catalog, IServiceProvider parts) : IStartCheck
{
    public Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var group in groups)
        {
            CheckInbox(group);
            CheckOrder(group);
            CheckEvents(group);
        }

        return Task.CompletedTask;
    }

    private void CheckInbox(ConsumerGroup group)
    {
        if (parts.InboxOf(group) is not null)
            return;
        if (group.Subscriptions.FirstOrDefault(one => one.Value.Count > 1) is { Key: { } shared })
            throw new EventBusSetupException($"The consumer group '{group.Name}' has several handlers for '{shared}' and needs an inbox: without it, a failure of one would repeat the others.");
        if (group.DeadLetterHandler is { } handler)
            throw new EventBusSetupException($"The consumer group '{group.Name}' calls {handler.Name} for its dead letters and needs an inbox for that.");
        if (group.IsWithoutInbox)
            return;
        throw new EventBusSetupException(parts.GetServices<IInbox>().Any()
            ? $"The bus has several stores: the consumer group '{group.Name}' must choose that of its inbox, with UseInbox<…>()."
            : $"The consumer group '{group.Name}' has no inbox: add UsePostgres<…>() to the bus, or WithoutInbox() to the group if the effects of its events may happen twice.");
    }

    private void CheckOrder(ConsumerGroup group)
    {
        if (!group.IsOrdered)
            return;
        if (parts.InboxOf(group)?.Parked is null)
            throw new EventBusSetupException($"The consumer group '{group.Name}' is Ordered() and needs an inbox that can park events: add UsePostgres<…>() to the bus.");
        var options = parts.GetRequiredService<ApplicationScopes>()
            .GetOptions<ConsumerGroupOptions>(ConsumerGroupOptions.NameOf(parts.GetRequiredService<EventBusName>().Value, group.Name));
        if (options.Ordering == EventOrdering.Relaxed)
            throw new EventBusSetupException($"The consumer group '{group.Name}' is Ordered(), so its Ordering can't be Relaxed.");
    }

    private void CheckEvents(ConsumerGroup group)
    {
        if (group.EventTypes.Count == 0)
            throw new EventBusSetupException($"The consumer group '{group.Name}' has no handlers.");
        if (group.Ignored.Intersect(group.EventTypes).ToList() is { Count: > 0 } both)
            throw new EventBusSetupException($"The consumer group '{group.Name}' both handles and ignores {string.Join(", ", both)}.");
        if (group.RequiresAll && catalog.Types.Except(group.EventTypes).Except(group.Ignored).ToList() is { Count: > 0 } missing)
            throw new EventBusSetupException($"The consumer group '{group.Name}' requires all events, but neither handles nor ignores {string.Join(", ", missing)}.");
    }
}
