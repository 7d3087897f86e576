namespace TaskPlatform.AppHost.LocalServers;

/// <summary>Finds what Debian and others install, whether or not it is on the PATH.</summary>
internal static class ServerBinary
{
    /// <summary>
    /// The folder that has all of these commands, or null. The setting <c>LocalServers:ProgramFolders</c>, separated by colons,
    /// replaces the folders that are searched by default.
    /// </summary>
    public static string? FolderOf(IDistributedApplicationBuilder builder, params string[] commands)
        => (builder.Configuration["LocalServers:ProgramFolders"]?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? Folders())
        .FirstOrDefault(folder => commands.All(command => IsThere(Path.Combine(folder, command))));

    /// <summary>Fails the start, before anything is started, with a sentence that says what to install.</summary>
    public static void Require(IDistributedApplicationBuilder builder, string? folder, string command, string package) =>
        builder.OnBeforeStart((_, _) => folder is not null
            ? Task.CompletedTask
            : throw new DistributedApplicationException(
                $"No container engine answers here, and {command} is not installed. Install Debian's packages redis-server and postgresql "
                + $"({package} is missing), or start ./run, which installs them where it is allowed to."));

    private static string[] Folders()
    {
        var onPath = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];

        // Debian keeps each version of Postgres in a folder of its own, outside of the PATH; the newest comes first.
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(VersionOf)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];

        return [.. onPath, .. versions, "/usr/local/bin", "/usr/bin", "/usr/sbin"];
    }

    /// <summary>A link that a removed package left behind leads nowhere, though the link itself exists.</summary>
    private static bool IsThere(string file) =>
        File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is null or { Exists: true };

    private static int VersionOf(string folder) => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0;
}
