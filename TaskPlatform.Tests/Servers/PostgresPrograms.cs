namespace TaskPlatform.Tests.Servers;

/// <summary>Finds PostgreSQL's programs, which Debian keeps in a folder per version outside the PATH.</summary>
internal static class PostgresPrograms
{
    private const string DebianFolder = "/usr/lib/postgresql";

    public static string Path(string program)
        => Directory.Exists(DebianFolder)
            ? Directory.EnumerateDirectories(DebianFolder)
                .OrderByDescending(version => System.IO.Path.GetFileName(version).PadLeft(4))
                .Select(version => System.IO.Path.Combine(version, "bin", program))
                .FirstOrDefault(File.Exists) ?? program
            : program;
}
