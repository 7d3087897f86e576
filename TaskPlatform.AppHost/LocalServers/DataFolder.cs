using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>
/// Where the local servers keep their data, and the passwords that belong to it: <c>.data</c> in the checkout, or where
/// TASKPLATFORM_DATA says, or for tests the configuration <c>LocalServers:DataFolder</c>.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class DataFolder(IDistributedApplicationBuilder builder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerExecutes = OwnerOnly | UnixFileMode.UserExecute;

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

        if (!File.Exists(file))
            WritePrivate(file, RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24));

        return File.ReadAllText(file);
    }

    /// <summary>Writes a file that no other user of this machine can read.</summary>
    public static void WritePrivate(string file, string content, bool isExecutable = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = isExecutable ? OwnerExecutes : OwnerOnly };
        using var writer = new StreamWriter(file, options);
        writer.Write(content);
    }

    /// <summary>
    /// A folder for the data of a server that runs as another user. Where that user can't come to the checkout, as below
    /// /root, the data lies below /var/lib and a link in the server's folder leads there; without the link it is forgotten.
    /// </summary>
    public string ReachableBy(string user, string server)
    {
        Directory.CreateDirectory(Of(server));
        AllowPassage(_root);
        AllowPassage(Of(server));

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

    private static void AllowPassage(string folder) =>
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    private static bool CanAnyoneEnter(string folder)
    {
        for (var current = new DirectoryInfo(folder); current is not null; current = current.Parent)
            if (!current.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;

        return true;
    }
}
