using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Charts;

/// <summary>The time range of a chart.</summary>
/// <param name="Name">The name in the query string.</param>
/// <param name="Label">The displayed label.</param>
/// <param name="Span">The duration.</param>
public sealed record ChartRange(string Name, string Label, TimeSpan Span)
{
    private const int Points = 240;

    /// <summary>The ranges that a chart offers, shortest first.</summary>
    public static IReadOnlyList<ChartRange> All { get; } =
    [
        new("1h", "1 hour", TimeSpan.FromHours(1)),
        new("24h", "24 hours", TimeSpan.FromDays(1)),
        new("7d", "7 days", TimeSpan.FromDays(7)),
    ];

    /// <summary>Returns the range with the given name; the first range for an unknown name.</summary>
    public static ChartRange Find(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[0];

    /// <summary>Reads the maximum values of each part of the range.</summary>
    internal async Task<IReadOnlyList<ChartSample>> ReadAsync(DashboardDb db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var part = Math.Max(1, (int)(Span.TotalSeconds / Points));
        return await db.ChartSamples
            .FromSql(
                $"""
                SELECT to_timestamp(floor(extract(epoch FROM at) / {part}) * {part}) AS at,
                    max(lag) AS lag, max(pending) AS pending, max(dead_letters) AS dead_letters, max(scheduled) AS scheduled
                FROM bus_samples WHERE at >= {now - Span} GROUP BY 1
                """)
            .AsNoTracking()
            .OrderBy(sample => sample.At)
            .ToListAsync(cancellationToken);
    }
}
