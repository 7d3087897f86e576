namespace TaskPlatform.EventBus;

/// <content>Lines that say that another one is left out on purpose.</content>
public sealed partial class ConsumerGroupBuilder
{
    /// <summary>
    /// Handles events without an inbox: handlers run at least once, and their effects may happen twice. A group that neither has an inbox nor says
    /// this does not start.
    /// </summary>
    public ConsumerGroupBuilder WithoutInbox()
    {
        Group.IsWithoutInbox = true;
        return this;
    }

    /// <summary>
    /// Requires that the group handles every event of the catalog, or ignores it by <see cref="Ignore{TEvent}"/>. Otherwise the application does not start: an event
    /// that was added to the catalog is not forgotten.
    /// </summary>
    public ConsumerGroupBuilder RequireAll()
    {
        Group.RequiresAll = true;
        return this;
    }

    /// <summary>Says that the group does not handle an event, for <see cref="RequireAll"/>.</summary>
    /// <exception cref="InvalidOperationException">The event is not in the catalog.</exception>
    public ConsumerGroupBuilder Ignore<TEvent>()
        where TEvent : class, IEvent<TEvent>
    {
        if (!EventBus.Catalog.Contains<TEvent>())
            throw new InvalidOperationException($"The group '{Group.Name}' ignores '{TEvent.Type}', which is not in the event catalog.");
        foreach (var name in (string[])[TEvent.Type, .. EventBus.Catalog.AliasesOf<TEvent>()])
            Group.Ignore(name);
        return this;
    }
}
