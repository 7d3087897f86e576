using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>Stores what this service needs to know about users. Their events may arrive in any order.</summary>
internal static class Recipients
{
    /// <summary>Applies an event unless a newer one was applied before. A deleted user stays deleted.</summary>
    public static async Task UpdateRecipientAsync(
        this NotificationsDb db, long userId, string fullName, string role, EventContext context, CancellationToken cancellationToken)
    {
        var recipient = await FindAsync(db, userId, cancellationToken);
        if (recipient.Deleted || context.AggregateVersion <= recipient.Version)
            return;

        (recipient.FullName, recipient.Role) = (fullName, role);
        recipient.Version = context.AggregateVersion ?? recipient.Version;
    }

    /// <summary>Erases a user's data and keeps only a tombstone; <see cref="EraseUsers"/> then deletes what concurrent transactions add.</summary>
    public static async Task EraseRecipientAsync(this NotificationsDb db, long userId, EventContext context, CancellationToken cancellationToken)
    {
        var recipient = await FindAsync(db, userId, cancellationToken);
        (recipient.FullName, recipient.Role, recipient.Deleted, recipient.ErasedAt) = ("", "", true, null);
        recipient.Version = context.AggregateVersion ?? recipient.Version;
    }

    private static async Task<Recipient> FindAsync(NotificationsDb db, long userId, CancellationToken cancellationToken)
    {
        if (await db.Recipients.FindAsync([userId], cancellationToken) is { } known)
            return known;

        // Version 0 is older than any event.
        var recipient = new Recipient { Id = userId, FullName = "", Role = "", Version = 0 };
        db.Recipients.Add(recipient);
        return recipient;
    }
}
