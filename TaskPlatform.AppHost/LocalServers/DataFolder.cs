using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>
/// The folder in which the local servers keep their data and passwords: <c>.data</c> in the checkout, or the value of TASKPLATFORM_DATA, or
/// in tests the setting <c>LocalServers:DataFolder</c>. Other users of the machine can't read any of it.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class DataFolder(IDistributedApplicationBuilder builder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerExecutes = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode AnyoneEnters = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Others =
        AnyoneEnters | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly string _root = Path.GetFullPath(
        builder.Configuration["LocalServers:DataFolder"]
        ?? builder.Configuration["TASKPLATFORM_DATA"]
        ?? Path.Combine(builder.AppHostDirectory, "..", ".data"));

    /// <summary>Returns a server's folder, which may not exist yet.</summary>
    public string Of(string server) => Path.Combine(_root, server);

    /// <summary>Returns the path of a server's password file.</summary>
    public string PasswordFileOf(string server) => Path.Combine(Of(server), "password");

    /// <summary>Returns a server's password. It is generated once and kept, because the server's data was created with it.</summary>
    public string PasswordOf(string server)
    {
        var file = PasswordFileOf(server);

        Create(server);
        if (!File.Exists(file))
            WritePrivate(file, RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24));

        return File.ReadAllText(file);
    }

    /// <summary>Writes a file that only its owner can read into an existing folder. The write is atomic.</summary>
    public static void WritePrivate(string file, string content, bool isExecutable = false)
    {
        var unfinished = $"{file}.new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = isExecutable ? OwnerExecutes : OwnerOnly };
        using (var writer = new StreamWriter(unfinished, options))
            writer.Write(content);
        File.Move(unfinished, file, overwrite: true);
    }

    /// <summary>Creates a server's folder, accessible to its owner only, unless it exists.</summary>
    public void Create(string server)
    {
        // Create the root first: CreateDirectory gives missing parent folders the default mode.
        Directory.CreateDirectory(_root, OwnerExecutes);
        Directory.CreateDirectory(Of(server), OwnerExecutes);
    }

    /// <summary>Creates a server's folder if needed, and revokes permissions that an earlier version of this application granted to others.</summary>
    public string Protect(string server)
    {
        Create(server);
        Restrict(Of(server));

        return Of(server);
    }

    /// <summary>Does the same for everything in the folder, which must belong to the user who runs this application.</summary>
    public void ProtectAll(string server)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var entry in new DirectoryInfo(Protect(server)).EnumerateFileSystemInfos("*", everything))
            Restrict(entry.FullName);
    }

    /// <summary>
    /// Returns the data folder of a server that runs as another user. If that user can't enter the checkout, for example below /root, the
    /// data is kept below /var/lib and a symbolic link in the server's folder points there. If the link is deleted, the data is no longer found.
    /// </summary>
    public string ReachableBy(string user, string server)
    {
        Create(server);
        Restrict(Of(server), except: AnyoneEnters);
        File.SetUnixFileMode(_root, File.GetUnixFileMode(_root) | AnyoneEnters);

        var data = Path.Combine(Of(server), "data");

        if (CanAnyoneEnter(Of(server)))
            return data;

        if (new DirectoryInfo(data).LinkTarget is { } target)
            return target;

        var elsewhere = $"/var/lib/taskplatform/{user}-{Guid.CreateVersion7():N}";
        Directory.CreateDirectory(elsewhere);
        Directory.CreateSymbolicLink(data, elsewhere);

        return elsewhere;
    }

    private static void Restrict(string path, UnixFileMode except = UnixFileMode.None)
    {
        var mode = File.GetUnixFileMode(path);
        var restricted = (mode & ~Others) | except;
        if (restricted != mode)
            File.SetUnixFileMode(path, restricted);
    }

    private static bool CanAnyoneEnter(string folder)
    {
        for (var current = new DirectoryInfo(folder); current is not null; current = current.Parent)
            if (!current.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;

        return true;
    }
}
