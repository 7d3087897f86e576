using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>Events that were published before their type was renamed.</summary>
public sealed class AliasTests : IAsyncDisposable
{
    private const string Alias = "parcel.posted";

    private readonly TestBus bus = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bus.DisposeAsync();

    [Fact]
    public async Task They_are_handled_like_those_of_the_new_name_and_published_only_under_that()
    {
        await StartAsync();
        var types = new List<string>();
        bus.Script = (_, _, context) =>
        {
            types.Add(context.Type);
            return Task.CompletedTask;
        };

        Append(1);
        await bus.SettledAsync(Alias);
        await bus.PublishAsync(2);

        Assert.Equal(["First 1/0", "Second 1/0", "First 2/0", "Second 2/0"], bus.Calls);
        Assert.Equal([Alias, Alias, "parcel.sent", "parcel.sent"], types);
        Assert.Single(bus.Broker.Stream(Alias).Entries);
    }

    [Fact]
    public async Task A_retry_a_dead_letter_and_its_reprocessing_keep_the_entrys_own_name()
    {
        await StartAsync();
        bus.Script = (handler, _, _) => handler == nameof(Second) ? throw new InvalidOperationException() : Task.CompletedTask;

        Append(1);
        await bus.SettledAsync(Alias);

        var deadLetter = Assert.Single(bus.Broker.DeadLetters.All).Entry;
        Assert.Equal((Alias, StreamName.Of(Alias), 4), (deadLetter.Type, deadLetter.Stream, deadLetter.Attempts));
        Assert.Equal([null, "1", "2", "3"], bus.Broker.Stream(Alias).Entries.Select(entry => Deliveries.Text(entry.Fields, "attempt")));

        bus.Script = (_, _, _) => Task.CompletedTask;
        await bus.Services.GetRequiredService<IDeadLetterQueue>().ReprocessAsync([deadLetter.Id], Cancellation);
        await bus.SettledAsync(Alias);
        Assert.Equal([11, 12], bus.Effects);
        Assert.Empty(bus.Broker.Stream("parcel.sent").Entries);
    }

    [Fact]
    public async Task They_are_replayed_in_their_own_stream()
    {
        await StartAsync();
        Append(1);
        await bus.SettledAsync(Alias);
        var entry = bus.Broker.Stream(Alias).Entries[0].Id;
        var replay = new Replay("again", Alias, "readers", After: entry.Previous().ToString()!, UpTo: entry.ToString(), ReapplyEffects: true);

        var progress = await bus.Services.GetRequiredService<IReplays>().CopyAsync(replay, 10, Cancellation);
        await bus.SettledAsync(Alias);

        Assert.Equal(1, progress.Copied);
        Assert.Equal([11, 11, 12, 12], bus.Effects);
    }

    [Fact]
    public async Task Their_stream_is_trimmed()
    {
        await StartAsync();
        Append(1);
        await bus.SettledAsync(Alias);

        bus.Clock.Advance(TimeSpan.FromDays(31));
        await bus.Services.GetRequiredService<IEventTransport>().Capabilities.Trimmer!.TrimAsync(bus.Services.GetRequiredService<EventCatalog>().Types, Cancellation);

        Assert.Empty(bus.Broker.Stream(Alias).Entries);
    }

    private Task StartAsync() => bus.StartAsync(
        group => group.Handle<ParcelSent, First>().Handle<ParcelSent, Second>(), catalog: new EventCatalog().Add<ParcelSent>(Alias).Add<LetterLost>());

    private void Append(int parcel) => bus.Broker.Append(
        Alias, [Deliveries.Field("data", Deliveries.Json(parcel).Replace("parcel.sent", Alias, StringComparison.Ordinal))]);
}
