using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Charts;

/// <summary>How far a chart reaches back.</summary>
/// <param name="Name">As it stands in the address.</param>
/// <param name="Label">As it is shown.</param>
/// <param name="Span">The time.</param>
public sealed record ChartRange(string Name, string Label, TimeSpan Span)
{
    private const int Points = 240;

    public static IReadOnlyList<ChartRange> All { get; } =
    [
        new("1h", "1 hour", TimeSpan.FromHours(1)),
        new("24h", "24 hours", TimeSpan.FromDays(1)),
        new("7d", "7 days", TimeSpan.FromDays(7)),
    ];

    /// <summary>The range of a name; the first one for any other.</summary>
    public static ChartRange Find(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[0];

    /// <summary>The highest values of each part of the time.</summary>
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
