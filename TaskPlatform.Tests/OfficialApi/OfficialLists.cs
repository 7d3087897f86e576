namespace TaskPlatform.Tests.OfficialApi;

/// <summary>The lists, by assembly.</summary>
internal static class OfficialLists
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "OfficialApi", "Lists");

    public static IReadOnlyDictionary<string, IReadOnlySet<string>> All { get; } = Directory.EnumerateFiles(Folder, "*.txt")
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), IReadOnlySet<string> (file) => File.ReadLines(file).ToHashSet());

    /// <summary>What is used of an assembly that has a list, and isn't on it.</summary>
    public static IReadOnlyList<ApiReference> Unlisted(
        this IEnumerable<ApiReference> used, IReadOnlyDictionary<string, IReadOnlySet<string>> lists)
        => [.. used.Where(reference => lists.TryGetValue(reference.Assembly, out var list) && !list.Contains(reference.Entry))];
}
