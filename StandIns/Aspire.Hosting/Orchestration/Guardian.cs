using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Sees to it that no process outlives the AppHost, not even one that was killed: a tiny shell reads from a pipe which
/// processes run, and ends them when the pipe breaks. A kernel's parent-death signal wouldn't do: it is tied to the thread
/// that forked, and lost where a process changes its user, as Postgres's does.
/// </summary>
internal static class Guardian
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Watched = [];
    private static Process? _shell;

    /// <summary>Puts a process into a group of its own, so that a signal reaches all it started, and Ctrl+C only the AppHost.</summary>
    public static string? SetSid { get; } = FindOnPath("setsid");

    public static void Watch(int processId)
    {
        lock (Gate)
        {
            Watched.Add(processId);

            if (_shell is { HasExited: false })
                Tell('+', processId);
            else
                StartOver();
        }
    }

    public static void Forget(int processId)
    {
        lock (Gate)
            if (Watched.Remove(processId) && _shell is { HasExited: false })
                Tell('-', processId);
    }

    /// <summary>Also where somebody ended the shell: what ran under the old one must not be left to itself.</summary>
    private static void StartOver()
    {
        _shell?.Dispose();
        _shell = Start();

        foreach (var processId in Watched)
            Tell('+', processId);
    }

    private static void Tell(char what, int processId)
    {
        _shell!.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{what} {processId}\n"));
        _shell.StandardInput.Flush();
    }

    private static Process Start()
    {
        using var resource = typeof(Guardian).Assembly.GetManifestResourceStream("guardian.sh")!;
        using var reader = new StreamReader(resource);
        string[] command = [.. SetSid is null ? Array.Empty<string>() : [SetSid], "/bin/sh", "-c", reader.ReadToEnd()];

        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, WorkingDirectory = "/" })!;
    }

    private static string? FindOnPath(string command) => Environment.GetEnvironmentVariable("PATH")?
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, command))
        .FirstOrDefault(File.Exists);
}
