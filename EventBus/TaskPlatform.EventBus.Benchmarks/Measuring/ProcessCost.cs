using System.Globalization;

namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>The resources that a process used.</summary>
/// <param name="Name">The name of the process.</param>
/// <param name="CpuSeconds">User and system time, including child processes.</param>
/// <param name="PeakMegabytes">Peak memory; for Postgres, memory without the shared buffers of its processes.</param>
internal sealed record ProcessCost(string Name, double CpuSeconds, double PeakMegabytes);

/// <summary>Measures the resource usage of processes, from <c>/proc</c>.</summary>
internal sealed class CostMeter
{
    private const double TicksPerSecond = 100;
    private readonly List<(string Name, int Id, double Before)> processes = [];

    public CostMeter Add(string name, int id)
    {
        try
        {
            File.WriteAllText($"/proc/{id}/clear_refs", "5"); // Resets the peak of earlier measurements.
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            // The peak then covers the lifetime of the process.
        }

        processes.Add((name, id, Cpu(id)));
        return this;
    }

    public IReadOnlyList<ProcessCost> Read() => [.. processes.Select(p => new ProcessCost(p.Name, Cpu(p.Id) - p.Before, Memory(p.Id)))];

    /// <summary>The peak memory of a process in MB.</summary>
    public static double PeakMegabytes(int id) => Status(id, "VmHWM:");

    /// <summary>The current memory of a process in MB, with a proportional share of shared pages (<c>Pss</c>).</summary>
    public static double ProportionalMegabytes(int id) => Kilobytes($"/proc/{id}/smaps_rollup", "Pss:") / 1024;

    private static double Cpu(int id) => Family(id).Sum(member => Stat(member) is { } stat
        ? (Field(stat, 11) + Field(stat, 12) + (member == id ? Field(stat, 13) + Field(stat, 14) : 0)) / TicksPerSecond
        : 0);

    private static double Memory(int id)
        => Children(id) is { Count: > 0 } children ? Status(id, "VmRSS:") + children.Sum(child => Status(child, "RssAnon:")) : PeakMegabytes(id);

    private static IEnumerable<int> Family(int id) => Children(id).Append(id);

    private static List<int> Children(int parent)
        => [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id != 0 && id != Environment.ProcessId && Stat(id) is { } stat && (int)Field(stat, 1) == parent)];

    private static double Field(string[] stat, int index) => double.Parse(stat[index], CultureInfo.InvariantCulture);

    /// <summary>The fields after "id (name)": state, parent id, …</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Status(int id, string field) => Kilobytes($"/proc/{id}/status", field) / 1024;

    /// <summary>0 for a process that is exiting or has exited.</summary>
    private static double Kilobytes(string file, string field)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal)) ?? $"{field}0";
            return double.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
