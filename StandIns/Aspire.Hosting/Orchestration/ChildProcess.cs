using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Orchestration;

/// <summary>A process of ours: its output line by line, its end as a task, and a way to stop it that lets it finish.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>How long the last lines may take to arrive once the process is gone; a grandchild may keep the pipe open.</summary>
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly bool _leadsGroup;

    private ChildProcess(Process process, Action<string, bool> onLine, bool leadsGroup)
    {
        _process = process;
        _leadsGroup = leadsGroup;

        var output = Task.WhenAll(
            ReadAsync(process.StandardOutput, line => onLine(line, false)),
            ReadAsync(process.StandardError, line => onLine(line, true)));

        Exit = WaitAsync(output);
    }

    public int Id => _process.Id;

    /// <summary>The exit code, once the process is gone and its output read.</summary>
    public Task<int> Exit { get; }

    public static ChildProcess Start(
        string command,
        IEnumerable<string> args,
        string workingDirectory,
        IReadOnlyDictionary<string, string> environment,
        Action<string, bool> onLine)
    {
        string[] line = [.. Guardian.SetSid is null ? Array.Empty<string>() : [Guardian.SetSid], command, .. args];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        var process = Process.Start(start)!;
        Guardian.Watch(process.Id);
        process.StandardInput.Close();

        return new ChildProcess(process, onLine, leadsGroup: Guardian.SetSid is not null);
    }

    /// <summary>Asks the process to end, and after <paramref name="grace"/>, or when cancelled, ends it with all that it started.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!Exit.IsCompleted)
            _ = Kill(_process.Id, SigTerm);

        try
        {
            await Exit.WaitAsync(grace, cancellationToken);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            KillAll();
            await Exit;
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync(Task output)
    {
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => exited.TrySetResult();

        if (_process.HasExited)
            exited.TrySetResult();

        await exited.Task;
        await Task.WhenAny(output, Task.Delay(OutputGrace));
        KillAll();
        Guardian.Forget(_process.Id);

        return _process.ExitCode;
    }

    private void KillAll()
    {
        if (_leadsGroup)
            _ = Kill(-_process.Id, SigKill);
        else if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }

    private static async Task ReadAsync(StreamReader output, Action<string> onLine)
    {
        while (await output.ReadLineAsync() is { } line)
            onLine(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
