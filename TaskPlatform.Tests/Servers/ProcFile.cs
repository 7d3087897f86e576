using System.Globalization;

namespace TaskPlatform.Tests.Servers;

/// <summary>Information about processes from <c>/proc</c>.</summary>
internal static class ProcFile
{
    /// <summary>Whether the process is stopped; null if it doesn't exist (any more).</summary>
    public static bool? IsStopped(int id) => Stat(id) is [var state, ..] ? state == "T" : null;

    public static IReadOnlyList<int> Children(int parent)
        => [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id != 0 && Stat(id) is [_, var parentId, ..] && parentId == parent.ToString(CultureInfo.InvariantCulture))];

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
}
