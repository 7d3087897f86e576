using System.Globalization;
using System.Net;
using System.Text;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>Draws throughput as an SVG line chart that is readable on a light and a dark background.</summary>
internal static class LineChart
{
    private const int Width = 720;
    private const int Height = 360;
    private const int Left = 80;
    private const int Right = 700;
    private const int Top = 50;
    private const int Bottom = 290;

    private static readonly string[] Colours = ["#2f6fde", "#d1652a", "#2a9d5c", "#8a4fd1"];

    public static string Draw(Growth growth)
    {
        // The measured x values are equally spaced, because they grow by factors.
        double[] positions = [.. growth.Lines.SelectMany(line => line.Points).Select(point => point.At).Distinct().Order()];
        var top = RoundUp(growth.Lines.SelectMany(line => line.Points).Max(point => point.Rate));
        var svg = new StringBuilder()
            .AppendLine(Text($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="system-ui, sans-serif" font-size="12">"""))
            .AppendLine("""<style>text{fill:#57606a}@media(prefers-color-scheme:dark){text{fill:#9aa4ae}}</style>""")
            .AppendLine(Text($"""<text x="{Left}" y="24" font-size="15">{WebUtility.HtmlEncode(growth.Title)}</text>"""));

        for (var step = 0; step <= 4; step++)
        {
            var y = Y(top * step / 4);
            svg.AppendLine(Text($"""<path d="M{Left} {y:F1}H{Right}" stroke="#8b949e" stroke-opacity=".35"/>"""))
                .AppendLine(Text($"""<text x="{Left - 8}" y="{y + 4:F1}" text-anchor="end">{top * step / 4:N0}</text>"""));
        }

        foreach (var position in positions)
            svg.AppendLine(Text($"""<text x="{X(position):F1}" y="{Bottom + 20}" text-anchor="middle">{position:N0}</text>"""));
        svg.AppendLine(Text($"""<text x="{(Left + Right) / 2}" y="{Bottom + 40}" text-anchor="middle">{WebUtility.HtmlEncode(growth.Axis)}</text>"""))
            .AppendLine(Text($"""<text x="{Left - 8}" y="{Top - 12}" text-anchor="end">events/s</text>"""));

        foreach (var (i, line) in growth.Lines.Index())
        {
            var path = string.Join("L", line.Points.Select(point => Text($"{X(point.At):F1} {Y(point.Rate):F1}")));
            var colour = Colours[i % Colours.Length];
            svg.AppendLine(Text($"""<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>"""));
            foreach (var point in line.Points)
                svg.AppendLine(Text($"""<circle cx="{X(point.At):F1}" cy="{Y(point.Rate):F1}" r="3.5" fill="{colour}"><title>{point.Rate:N0} /s</title></circle>"""));
            svg.AppendLine(Text($"""<rect x="{Left + (i * 210)}" y="{Height - 18}" width="12" height="4" fill="{colour}"/>"""))
                .AppendLine(Text($"""<text x="{Left + 18 + (i * 210)}" y="{Height - 12}">{WebUtility.HtmlEncode(line.Name)}</text>"""));
        }

        return svg.AppendLine("</svg>").ToString();

        double X(double at) => Left + 30 + ((Right - Left - 60) * Array.IndexOf(positions, at) / Math.Max(1.0, positions.Length - 1));

        double Y(double rate) => Bottom - ((Bottom - Top) * rate / top);
    }

    /// <summary>Rounds up to a value suitable for an axis.</summary>
    private static double RoundUp(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        double[] steps = [1, 2, 4, 6, 8, 10];
        return steps.First(step => step * power >= value) * power;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
