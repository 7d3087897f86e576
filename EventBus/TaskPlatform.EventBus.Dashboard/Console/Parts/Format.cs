using System.Globalization;

namespace TaskPlatform.EventBus.Dashboard.Console.Parts;

/// <summary>Formats numbers and durations.</summary>
internal static class Format
{
    public static string Of(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Of(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "0 s",
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
    };

    /// <summary>The type name without its namespace.</summary>
    public static string Short(string exception) => exception.Length == 0 ? "(no exception)" : exception[(exception.LastIndexOf('.') + 1)..];
}
