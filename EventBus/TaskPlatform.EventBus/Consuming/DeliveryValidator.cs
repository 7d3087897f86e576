namespace TaskPlatform.EventBus;

/// <summary>Decides deliveries that need no handler: for other groups, unreadable, unknown, or in a crash loop.</summary>
internal sealed class DeliveryValidator(ConsumerGroup group, RetryPolicy retries)
{
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
        if (group.Find(type) is not { } subscription)
            return Outcome.DeadLetter(DeadLetterReason.UnknownType, new UnreadableEventException($"The group '{group.Name}' has no handler for '{type}'."));
        if (!StreamName.IsOf(delivery.Stream, type))
        {
            return Outcome.DeadLetter(DeadLetterReason.Unreadable, new UnreadableEventException(
                $"The event's type '{type}' is not that of the stream '{delivery.Stream}'."));
        }

        var policy = subscription.Retries ?? retries;
        try
        {
            payload = subscription.Read(delivery.Envelope.Payload.Span, delivery.Schema);
        }
        catch (UnknownSchemaException e)
        {
            return Outcome.Failed(policy, delivery.Attempt, DeadLetterReason.UnknownSchema, e); // A process with a newer version may support it.
        }
        catch (Exception e)
        {
            return Outcome.DeadLetter(DeadLetterReason.Unreadable, e); // Constructors, converters and upcasters may throw any exception.
        }

        return policy.IsCrashLoop(delivery.Attempt, delivery.EarlierDeliveries)
            ? Outcome.DeadLetter(DeadLetterReason.CrashLoop, new InvalidOperationException(
                $"{delivery.EarlierDeliveries} deliveries of this entry ended because the consumer died or stopped responding."))
            : Outcome.Open;
    }
}
