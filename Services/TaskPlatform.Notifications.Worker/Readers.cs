using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>Keeps what this service knows of the users, whatever order their events come in.</summary>
internal static class Readers
{
    /// <summary>Takes over what an event says, unless something newer is known. A deleted user stays deleted.</summary>
    public static async Task RememberAsync(
        this NotificationsDb db, long userId, string fullName, string role, EventContext context, CancellationToken cancellationToken)
    {
        var reader = await FindAsync(db, userId, cancellationToken);
        if (reader.Deleted || context.AggregateVersion <= reader.Version)
            return;

        (reader.FullName, reader.Role) = (fullName, role);
        reader.Version = context.AggregateVersion ?? reader.Version;
    }

    /// <summary>Keeps no more of a user than that there was one, and has <see cref="EraseUsers"/> make sure of it.</summary>
    public static async Task ForgetAsync(this NotificationsDb db, long userId, EventContext context, CancellationToken cancellationToken)
    {
        var reader = await FindAsync(db, userId, cancellationToken);
        (reader.FullName, reader.Role, reader.Deleted, reader.ErasedAt) = ("", "", true, null);
        reader.Version = context.AggregateVersion ?? reader.Version;
    }

    private static async Task<Reader> FindAsync(NotificationsDb db, long userId, CancellationToken cancellationToken)
    {
        if (await db.Readers.FindAsync([userId], cancellationToken) is { } known)
            return known;

        // Version 0 is older than any event.
        var reader = new Reader { Id = userId, FullName = "", Role = "", Version = 0 };
        db.Readers.Add(reader);
        return reader;
    }
}
