using System.Diagnostics;

namespace TaskPlatform.Tests.Servers;

/// <summary>A program, and the user to run it as (null for the current user).</summary>
internal sealed record ServerCommand(string Program, IReadOnlyList<string> Arguments, string? User = null)
{
    /// <summary>setpriv makes the kernel kill the server together with the thread that forked it, and then executes it with the same process id.</summary>
    public ProcessStartInfo ToStartInfo()
    {
        string[] asUser = User is null ? [] : [$"--reuid={User}", $"--regid={User}", "--init-groups"];

        return new ProcessStartInfo("setpriv", ["--pdeathsig=KILL", .. asUser, "--", Program, .. Arguments])
        {
            // Another user may not be able to enter the current folder.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}
