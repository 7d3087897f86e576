using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>Streams newly added entries while the page is open and the session is valid.</summary>
internal static class StreamLive
{
    private const int PageSize = 50;
    private const int PollsPerHeartbeat = 15;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>An entry, from which the page's script creates a list item.</summary>
    public sealed record Item(
        string EntryId, DateTimeOffset At, string Type, string? AggregateId, string? TargetGroup, string? TraceLink, string Data);

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/live/events", Handle);

    private static ServerSentEventsResult<Item?> Handle(
        string? type, string? aggregate, IStreamAdmin streams, EventCatalog events, Topologies topologies, IOptions<ConsoleOptions> options,
        IOptions<EventBusDashboardOptions> dashboard, IOperatorAuthenticator operators, TimeProvider time, IHostApplicationLifetime host,
        HttpContext http, CancellationToken cancellationToken)
    {
        var expiry = ConsoleSession.ExpiryOf(http);
        return TypedResults.ServerSentEvents(FollowAsync(new LiveFilter(type, aggregate), IsOpenAsync, streams, topologies.StreamsOf(events), options.Value, time, cancellationToken));

        async ValueTask<bool> IsOpenAsync() => !dashboard.Value.IsHeadRequest(http) && !host.ApplicationStopping.IsCancellationRequested
            && time.GetUtcNow() < expiry && await operators.CheckAsync(http.User, cancellationToken) == SessionStatus.Valid;
    }

    private static async IAsyncEnumerable<SseItem<Item?>> FollowAsync(
        LiveFilter filter, Func<ValueTask<bool>> isOpen, IStreamAdmin streams, IReadOnlyList<string> names, ConsoleOptions options, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = (await streams.DescribeAsync(filter.Of(names), cancellationToken))
            .ToDictionary(stream => stream.Type, stream => stream.LastEntryId);
        for (var polls = 0; await isOpen(); polls++)
        {
            // Immediately, so that the page knows that it is connected; then regularly for proxies that close idle connections.
            if (polls % PollsPerHeartbeat == 0)
                yield return new SseItem<Item?>(null, "beat");

            var found = await Task.WhenAll(seen.Select(
                stream => streams.EntriesAsync(stream.Key, PageSize, stream.Value, newestFirst: false, cancellationToken)));
            foreach (var entry in found.SelectMany(entries => entries).OrderBy(entry => entry.AddedAt))
            {
                seen[entry.Type] = entry.EntryId;
                if (filter.Matches(entry))
                    yield return new SseItem<Item?>(ItemOf(entry, options));
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private static Item ItemOf(StreamEntry entry, ConsoleOptions options) => new(
        entry.EntryId, entry.AddedAt, entry.Type, entry.AggregateId,
        entry.Headers.GetValueOrDefault("target_group"), options.TraceLink(entry.TraceId), entry.Data);
}
