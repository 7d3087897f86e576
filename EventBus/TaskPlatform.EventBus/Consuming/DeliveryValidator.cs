namespace TaskPlatform.EventBus;

/// <summary>Settles what needs no handler: foreign, unreadable, unknown, or deadly.</summary>
internal sealed class DeliveryValidator(ConsumerGroup group, RetryPolicy retries)
{
    /// <summary>Whether a handler is to run; if not, the outcome is decided.</summary>
    public bool Validate(Delivery delivery)
    {
        if (delivery.TargetGroup is { } target && target != group.Name)
        {
            delivery.Outcome = Outcome.ForAnotherGroup;
            return false;
        }

        if (delivery.Problem is not null)
            return Refuse(delivery, DeadLetterReason.Unreadable, delivery.Problem);

        var type = delivery.Envelope!.Type;
        if (group.Find(type) is not { } subscription)
            return Refuse(delivery, DeadLetterReason.UnknownType, new UnreadableEventException($"The group '{group.Name}' has no handler for '{type}'."));
        if (!StreamName.IsOf(delivery.Stream, type))
        {
            return Refuse(delivery, DeadLetterReason.Unreadable, new UnreadableEventException(
                $"The event's type '{type}' is not that of the stream '{delivery.Stream}'."));
        }

        var policy = subscription.Retries ?? retries;
        try
        {
            delivery.Payload ??= subscription.Read(delivery.Envelope.Payload.Span, delivery.Schema);
        }
        catch (UnknownSchemaException e)
        {
            delivery.Fail(policy, DeadLetterReason.UnknownSchema, e); // A process of the next version may know it.
            return false;
        }
        catch (Exception e)
        {
            return Refuse(delivery, DeadLetterReason.Unreadable, e); // Constructors, converters and upcasters may throw anything.
        }

        return !policy.IsCrashLoop(delivery.Attempt, delivery.EarlierDeliveries)
            || Refuse(delivery, DeadLetterReason.CrashLoop, new InvalidOperationException(
                $"{delivery.EarlierDeliveries} deliveries of this entry ended with the consumer's death or silence."));
    }

    private static bool Refuse(Delivery delivery, string reason, Exception error)
    {
        delivery.MarkDeadLettered(reason, error);
        return false;
    }
}
