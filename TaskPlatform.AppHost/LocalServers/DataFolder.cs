using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>
/// Where the local servers keep their data, and the passwords that belong to it: <c>.data</c> in the checkout, or where
/// TASKPLATFORM_DATA says, or for tests the configuration <c>LocalServers:DataFolder</c>. No other user of this machine can read any of it.
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

    /// <summary>A server's folder. It may not exist yet.</summary>
    public string Of(string server) => Path.Combine(_root, server);

    /// <summary>The file that keeps a server's password.</summary>
    public string PasswordFileOf(string server) => Path.Combine(Of(server), "password");

    /// <summary>Generated once and kept, so that the next run opens the same data.</summary>
    public string PasswordOf(string server)
    {
        var file = PasswordFileOf(server);

        Create(server);
        if (!File.Exists(file))
            WritePrivate(file, RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24));

        return File.ReadAllText(file);
    }

    /// <summary>Writes a file that no other user of this machine can read, into a folder that exists. It is there as a whole, or not at all.</summary>
    public static void WritePrivate(string file, string content, bool isExecutable = false)
    {
        var unfinished = $"{file}.new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = isExecutable ? OwnerExecutes : OwnerOnly };
        using (var writer = new StreamWriter(unfinished, options))
            writer.Write(content);
        File.Move(unfinished, file, overwrite: true);
    }

    /// <summary>Creates a server's folder, for its owner alone, unless it exists.</summary>
    public void Create(string server)
    {
        // One by one, because a folder on the way to another one is created with the default mode.
        Directory.CreateDirectory(_root, OwnerExecutes);
        Directory.CreateDirectory(Of(server), OwnerExecutes);
    }

    /// <summary>Creates a server's folder where there is none. Takes from others what an earlier version of this application gave them.</summary>
    public string Protect(string server)
    {
        Create(server);
        Restrict(Of(server));

        return Of(server);
    }

    /// <summary>The same for everything in the folder, which must belong to the user who runs this application.</summary>
    public void ProtectAll(string server)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var entry in new DirectoryInfo(Protect(server)).EnumerateFileSystemInfos("*", everything))
            Restrict(entry.FullName);
    }

    /// <summary>
    /// A folder for the data of a server that runs as another user. Where that user can't come to the checkout, as below
    /// /root, the data lies below /var/lib and a link in the server's folder leads there; without the link it is forgotten.
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
