using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>Keeps what this service knows of the users, whatever order their events come in.</summary>
internal static class Recipients
{
    /// <summary>Takes over what an event says, unless something newer is known. A deleted user stays deleted.</summary>
    public static async Task RememberAsync(
        this NotificationsDb db, long userId, string fullName, string role, EventContext context, CancellationToken cancellationToken)
    {
        var recipient = await FindAsync(db, userId, cancellationToken);
        if (recipient.Deleted || context.AggregateVersion <= recipient.Version)
            return;

        (recipient.FullName, recipient.Role) = (fullName, role);
        recipient.Version = context.AggregateVersion ?? recipient.Version;
    }

    /// <summary>Keeps no more of a user than that there was one, and has <see cref="EraseUsers"/> make sure of it.</summary>
    public static async Task ForgetAsync(this NotificationsDb db, long userId, EventContext context, CancellationToken cancellationToken)
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
