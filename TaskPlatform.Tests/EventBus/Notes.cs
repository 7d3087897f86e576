using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The event of the bus's own tests.</summary>
public sealed record NoteWritten(int NoteId, string Text) : IEvent<NoteWritten>
{
    public static string Type => "note.written";

    public static JsonTypeInfo<NoteWritten> JsonTypeInfo => NotesJson.Default.NoteWritten;

    string IEvent<NoteWritten>.AggregateId => NoteId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A second event type, so that a consumer has more than one stream.</summary>
public sealed record NoteErased(int NoteId) : IEvent<NoteErased>
{
    public static string Type => "note.erased";

    public static JsonTypeInfo<NoteErased> JsonTypeInfo => NotesJson.Default.NoteErased;

    string IEvent<NoteErased>.AggregateId => NoteId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>An event of which a note has many, so that their order is visible.</summary>
public sealed record NoteRevised(int NoteId, int Revision) : IEvent<NoteRevised>
{
    public static string Type => "note.revised";

    public static JsonTypeInfo<NoteRevised> JsonTypeInfo => NotesJson.Default.NoteRevised;

    string IEvent<NoteRevised>.AggregateId => NoteId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NoteWritten))]
[JsonSerializable(typeof(NoteErased))]
[JsonSerializable(typeof(NoteRevised))]
internal sealed partial class NotesJson : JsonSerializerContext;

/// <summary>The entity that an event is about.</summary>
public sealed class Note
{
    public required int Id { get; init; }

    public required string Text { get; init; }
}

/// <summary>The effect of a handler: one row per call, so that duplicate effects are visible.</summary>
public sealed class Effect
{
    public long Id { get; init; }

    public required string Group { get; init; }

    public required Guid EventId { get; init; }

    public required int NoteId { get; init; }

    public required string Text { get; init; }
}

/// <summary>What a dead letter handler recorded.</summary>
public sealed class Death
{
    public long Id { get; init; }

    public required string Group { get; init; }

    public required Guid EventId { get; init; }

    public required string Reason { get; init; }

    public required string Error { get; init; }

    public required long Attempts { get; init; }

    public int? NoteId { get; init; }
}

/// <summary>A service's database with only the bus's tables and the handlers' effects.</summary>
public sealed class NotesDb(DbContextOptions<NotesDb> options) : DbContext(options)
{
    public DbSet<Note> Notes => Set<Note>();

    public DbSet<Effect> Effects => Set<Effect>();

    public DbSet<Death> Deaths => Set<Death>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Note>().Property(note => note.Id).ValueGeneratedNever();
        modelBuilder.AddEventLog();
        modelBuilder.AddInbox();
        modelBuilder.AddParkedEvents();
    }
}
