namespace TaskPlatform.EventBus;

/// <summary>Decides deliveries that need no handler: for other groups, unreadable, unknown, or in a crash loop.</summary>
internal sealed class DeliveryValidator(ConsumerGroup group, GroupHandlers handlers)
{
    /// <summary>Whether an operator decided that the group is to skip the event.</summary>
    public bool IsToSkip(Delivery delivery)
        => delivery.IsSkip && delivery.TargetGroup == group.Name && delivery.Envelope is { } read && handlers.Find(read.Type).Count > 0;

    /// <summary>Decides an event that needs no handler; reads the payload of one that does.</summary>
    /// <param name="delivery">The event.</param>
    /// <param name="payload">The payload, if it was read.</param>
    /// <returns>The outcome; open if a handler has to run.</returns>
    public Outcome Validate(Delivery delivery, out object? payload)
    {
        payload = null;
        if (delivery.TargetGroup is { } target && target != group.Name)
            return Outcome.ForAnotherGroup;
        if (delivery.Problem is not null)
            return Outcome.DeadLetter(DeadLetterReason.Unreadable, delivery.Problem);

        var type = delivery.Envelope!.Type;
        var found = handlers.Find(type);
        var isAccepted = group.Topologies.Accepts(delivery.Stream, type);
        if (found.Count == 0 && isAccepted && !StreamName.IsOf(delivery.Stream, type))
            return Outcome.Skipped; // A partition has all types of its aggregates, and the group handles others.
        if (found.Count == 0)
            return Outcome.DeadLetter(DeadLetterReason.UnknownType, new UnreadableEventException($"The group '{group.Name}' has no handler for '{type}'."));
        if (!isAccepted)
        {
            return Outcome.DeadLetter(DeadLetterReason.Unreadable, new UnreadableEventException(
                $"The event's type '{type}' does not belong on the stream '{delivery.Stream}'."));
        }

        try
        {
            payload = found[0].Read(delivery.Envelope.Payload.Span, delivery.Schema);
        }
        catch (UnknownSchemaException e)
        {
            var policy = found.MaxBy(handler => handler.Retries.MaxRetries)!.Retries;
            return Outcome.Failed(policy, delivery.Attempt, DeadLetterReason.UnknownSchema, e); // A process with a newer version may support it.
        }
        catch (Exception e)
        {
            return Outcome.DeadLetter(DeadLetterReason.Unreadable, e); // Constructors, converters and upcasters may throw any exception.
        }

        return found.All(handler => handler.Retries.IsCrashLoop(delivery.Attempt, delivery.EarlierDeliveries))
            ? Outcome.CrashLoop(delivery)
            : Outcome.Open;
    }
}
