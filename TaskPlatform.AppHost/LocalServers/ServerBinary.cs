namespace TaskPlatform.AppHost.LocalServers;

/// <summary>Finds installed server programs, whether or not they are on the PATH.</summary>
internal static class ServerBinary
{
    /// <summary>
    /// Returns the first folder that contains all given commands, or null. The setting <c>LocalServers:ProgramFolders</c>, a list separated by
    /// colons, replaces the default search path.
    /// </summary>
    public static string? FolderOf(IDistributedApplicationBuilder builder, params string[] commands)
        => (builder.Configuration["LocalServers:ProgramFolders"]?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? Folders())
        .FirstOrDefault(folder => commands.All(command => IsThere(Path.Combine(folder, command))));

    /// <summary>If the folder wasn't found, fails the start before anything runs, with a message that says what to install.</summary>
    public static void Require(IDistributedApplicationBuilder builder, string? folder, string command, string package) =>
        builder.OnBeforeStart((_, _) => folder is not null
            ? Task.CompletedTask
            : throw new DistributedApplicationException(
                $"No container engine is available, and {command} is not installed. Install Debian's packages redis-server and postgresql "
                + $"({package} is missing), or run ./run, which installs them if it has the permission."));

    private static string[] Folders()
    {
        var onPath = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];

        // Debian installs each version of Postgres into its own folder outside the PATH; the newest version comes first.
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(VersionOf)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];

        return [.. onPath, .. versions, "/usr/local/bin", "/usr/bin", "/usr/sbin"];
    }

    /// <summary>Whether the file exists. File.Exists is true for a dangling link too, such as a removed package may leave behind.</summary>
    private static bool IsThere(string file) =>
        File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is null or { Exists: true };

    private static int VersionOf(string folder) => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0;
}
