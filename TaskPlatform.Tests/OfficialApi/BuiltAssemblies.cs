namespace TaskPlatform.Tests.OfficialApi;

/// <summary>What the solution's projects were built to, each in its own output folder.</summary>
internal static class BuiltAssemblies
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory);
    private static readonly string Root = FindRoot();

    /// <summary>File by assembly name.</summary>
    public static IReadOnlyDictionary<string, string> OfSolution { get; } = Projects(Root, "TaskPlatform.*.csproj");

    /// <summary>File by assembly name.</summary>
    public static IReadOnlyDictionary<string, string> OfStandIns { get; } = Projects(Path.Combine(Root, "StandIns"), "*.csproj");

    private static Dictionary<string, string> Projects(string folder, string pattern)
        => Directory.EnumerateFiles(folder, pattern, new EnumerationOptions { RecurseSubdirectories = true })
            .Select(OutputOf)
            .Where(File.Exists)
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file));

    private static string OutputOf(string project)
        => Path.Combine(
            Path.GetDirectoryName(project)!, "bin", Output.Parent!.Name, Output.Name, Path.GetFileNameWithoutExtension(project) + ".dll");

    private static string FindRoot()
    {
        var folder = Output;
        while (!File.Exists(Path.Combine(folder.FullName, "TaskPlatform.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException($"No folder above {Output} holds TaskPlatform.sln.");

        return folder.FullName;
    }
}
