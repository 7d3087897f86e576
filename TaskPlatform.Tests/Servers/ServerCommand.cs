using System.Diagnostics;

namespace TaskPlatform.Tests.Servers;

/// <summary>A program to run, and the user to run it as (null: ourselves).</summary>
internal sealed record ServerCommand(string Program, IReadOnlyList<string> Arguments, string? User = null)
{
    /// <summary>setpriv asks the kernel to kill it with the thread that forked it, then becomes the server: same process id.</summary>
    public ProcessStartInfo ToStartInfo()
    {
        string[] asUser = User is null ? [] : [$"--reuid={User}", $"--regid={User}", "--init-groups"];

        return new ProcessStartInfo("setpriv", ["--pdeathsig=KILL", .. asUser, "--", Program, .. Arguments])
        {
            // Wherever the tests are run from, another user needs a folder it may enter.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}
