namespace TaskPlatform.EventBus;

/// <summary>Decides deliveries that need no handler: for other groups, unreadable, unknown, or in a crash loop.</summary>
internal sealed class DeliveryValidator(ConsumerGroup group, RetryPolicy retries)
{
    /// <summary>Whether a handler has to run; if not, the outcome is decided.</summary>
    public bool Validate(Delivery delivery)
    {
        if (delivery.TargetGroup is { } target && target != group.Name)
        {
            delivery.Outcome = Outcome.ForAnotherGroup;
            return false;
        }

        if (delivery.Problem is not null)
            return Reject(delivery, DeadLetterReason.Unreadable, delivery.Problem);

        var type = delivery.Envelope!.Type;
        if (group.Find(type) is not { } subscription)
            return Reject(delivery, DeadLetterReason.UnknownType, new UnreadableEventException($"The group '{group.Name}' has no handler for '{type}'."));
        if (!StreamName.IsOf(delivery.Stream, type))
        {
            return Reject(delivery, DeadLetterReason.Unreadable, new UnreadableEventException(
                $"The event's type '{type}' is not that of the stream '{delivery.Stream}'."));
        }

        var policy = subscription.Retries ?? retries;
        try
        {
            delivery.Payload ??= subscription.Read(delivery.Envelope.Payload.Span, delivery.Schema);
        }
        catch (UnknownSchemaException e)
        {
            delivery.Fail(policy, DeadLetterReason.UnknownSchema, e); // A process with a newer version may support it.
            return false;
        }
        catch (Exception e)
        {
            return Reject(delivery, DeadLetterReason.Unreadable, e); // Constructors, converters and upcasters may throw any exception.
        }

        return !policy.IsCrashLoop(delivery.Attempt, delivery.EarlierDeliveries)
            || Reject(delivery, DeadLetterReason.CrashLoop, new InvalidOperationException(
                $"{delivery.EarlierDeliveries} deliveries of this entry ended because the consumer died or stopped responding."));
    }

    private static bool Reject(Delivery delivery, string reason, Exception error)
    {
        delivery.MarkDeadLettered(reason, error);
        return false;
    }
}
