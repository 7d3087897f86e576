using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Records the calls of handlers for a test.</summary>
internal sealed class Seen
{
    private readonly Channel<EventContext> events = Channel.CreateUnbounded<EventContext>();

    private readonly ConcurrentDictionary<Guid, int> calls = [];
    private readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number of calls of handlers, committed or not.</summary>
    public int Calls => calls.Values.Sum();

    public void Add(EventContext context)
    {
        calls.AddOrUpdate(context.EventId, 1, (_, before) => before + 1);
        events.Writer.TryWrite(context);
    }

    /// <summary>The number of calls for an event.</summary>
    public int CallsFor(EventContext context) => CallsFor(context.EventId);

    /// <summary>The number of calls for an event.</summary>
    public int CallsFor(Guid eventId) => calls[eventId];

    /// <summary>Makes a handler wait without its token, and then run an action.</summary>
    public async Task UntilReleasedAsync(Func<Task> then)
    {
        await release.Task;
        try
        {
            await then();
            released.TrySetResult();
        }
        catch (Exception e)
        {
            released.TrySetException(e);
            throw;
        }
    }

    /// <summary>Releases that handler; throws what it threw.</summary>
    public Task ReleaseAsync()
    {
        release.TrySetResult();
        return released.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    /// <summary>Returns the next calls of handlers, committed or not.</summary>
    public async Task<List<EventContext>> TakeAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var taken = new List<EventContext>();
        while (taken.Count < count)
            taken.Add(await events.Reader.ReadAsync(limit.Token));
        return taken;
    }
}

/// <summary>
/// Adds a row for each note, and does what the note's text says: fail, fail permanently, add a row that can't be saved, wait, ignore its
/// token, break its connection, or kill the process.
/// </summary>
internal sealed class ObeyNote(NotesDb db, Seen seen) : IEventHandler<NoteWritten>
{
    public const string Fail = "fail";
    public const string FailForGood = "fail for good";
    public const string Kill = "kill";
    public const string Unsavable = "unsavable";
    public const string HalfPair = "half a surrogate pair";
    public const string Erased = "erased";
    public const string BreakConnection = "break connection";

    /// <summary>Waits until the test releases the handler, and then saves.</summary>
    public const string IgnoreToken = "ignore token";

    /// <summary>Stores the number of effects that the handler sees.</summary>
    public const string Count = "count";

    /// <summary>Conflicts with another transaction the given number of times.</summary>
    public static string Conflict(int times) => string.Create(CultureInfo.InvariantCulture, $"conflict {times}");

    public static string Wait(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"wait {time.TotalMilliseconds}");

    public async Task HandleAsync(NoteWritten data, EventContext context, CancellationToken cancellationToken)
    {
        var text = data.Text == Count ? (await db.Effects.CountAsync(cancellationToken)).ToString(CultureInfo.InvariantCulture) : data.Text;
        db.Effects.Add(new Effect { Group = context.Group, EventId = context.EventId, NoteId = data.NoteId, Text = text });
        seen.Add(context);
        switch (data.Text.Split(' '))
        {
            case [Fail]:
                throw new InvalidOperationException("This note fails.");
            case ["fail", ..]:
                throw new NonRetryableException("This note will never do.");
            case [Unsavable]:
                db.Effects.Add(new Effect { Group = context.Group, EventId = context.EventId, NoteId = data.NoteId, Text = null! });
                break;
            case ["half", ..]:
                db.Effects.Add(new Effect { Group = context.Group, EventId = context.EventId, NoteId = data.NoteId, Text = "\ud800" });
                break;
            case [Kill]:
                System.Diagnostics.Process.GetCurrentProcess().Kill();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case ["break", ..]:
                await db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", cancellationToken);
                break;
            case ["conflict", var times] when seen.CallsFor(context) <= int.Parse(times, CultureInfo.InvariantCulture):
                db.Remove(new Note { Id = -1, Text = "which somebody else has deleted" });
                break;
            case ["ignore", ..]:
                await seen.UntilReleasedAsync(() => db.SaveChangesAsync(CancellationToken.None));
                break;
            case ["wait", var milliseconds]:
                await Task.Delay(int.Parse(milliseconds, CultureInfo.InvariantCulture), cancellationToken);
                break;
        }
    }
}

/// <summary>Adds a row for each note too, as a second handler of the same event.</summary>
internal sealed class MarkNote(NotesDb db) : IEventHandler<NoteWritten>
{
    public Task HandleAsync(NoteWritten data, EventContext context, CancellationToken cancellationToken)
    {
        db.Effects.Add(new Effect { Group = $"{context.Group}/{context.Handler}", EventId = context.EventId, NoteId = data.NoteId, Text = data.Text });
        return Task.CompletedTask;
    }
}

/// <summary>
/// Adds a row for each revision of a note; the rows' ids show the order. While there is a note with the negative of the revision as its id, that revision of the
/// notes up to the number in the note's text fails.
/// </summary>
internal sealed class RecordRevision(NotesDb db) : IEventHandler<NoteRevised>
{
    public async Task HandleAsync(NoteRevised data, EventContext context, CancellationToken cancellationToken)
    {
        if (await db.Notes.FindAsync([-data.Revision], cancellationToken) is { } failing && data.NoteId <= int.Parse(failing.Text, CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"Revision {data.Revision} of note {data.NoteId} fails.");

        db.Effects.Add(new Effect
        {
            Group = context.Group, EventId = context.EventId, NoteId = data.NoteId, Text = data.Revision.ToString(CultureInfo.InvariantCulture),
        });
    }
}

/// <summary>Adds a row for each erased note.</summary>
internal sealed class ObeyErasure(NotesDb db) : IEventHandler<NoteErased>
{
    public Task HandleAsync(NoteErased data, EventContext context, CancellationToken cancellationToken)
    {
        db.Effects.Add(new Effect { Group = context.Group, EventId = context.EventId, NoteId = data.NoteId, Text = ObeyNote.Erased });
        return Task.CompletedTask;
    }
}

/// <summary>Adds a row for each dead-lettered event; first waits if the note says so.</summary>
internal sealed class NoteDeath(NotesDb db) : IDeadLetterHandler
{
    public const string FailAndWait = "fail and wait";

    public async Task HandleAsync(DeadLetter deadLetter, CancellationToken cancellationToken)
    {
        if (deadLetter.Payload is NoteWritten { Text: FailAndWait })
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        db.Deaths.Add(new Death
        {
            Group = deadLetter.Group,
            EventId = deadLetter.EventId,
            Reason = deadLetter.Reason,
            Error = deadLetter.Error,
            Attempts = deadLetter.Attempts,
            NoteId = (deadLetter.Payload as NoteWritten)?.NoteId,
        });
    }
}
