using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowLive
{
    private const int Shown = 30;
    private const int Scanned = 200;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/live", HandleAsync);

    private static async Task<RazorComponentResult<LivePage>> HandleAsync(
        string? type, string? aggregate, CurrentOperator caller, IStreamAdmin streams, EventCatalog events, Topologies topologies, IOptions<ConsoleOptions> options,
        CancellationToken cancellationToken)
    {
        var (filter, names) = (new LiveFilter(type, aggregate), topologies.StreamsOf(events));
        var found = await Task.WhenAll(filter.Of(names).Select(
            name => streams.EntriesAsync(name, filter.Aggregate is null ? Shown : Scanned, null, newestFirst: true, cancellationToken)));
        return new(new
        {
            Operator = caller,
            Filter = filter,
            Types = names,
            Entries = found.SelectMany(entries => entries)
                .Where(filter.Matches)
                .OrderByDescending(entry => entry.AddedAt)
                .Take(Shown)
                .ToList(),
            Options = options.Value,
        });
    }
}
