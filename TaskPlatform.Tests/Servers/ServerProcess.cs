using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TaskPlatform.Tests.Servers;

/// <summary>A running server with its child processes; PostgreSQL forks one for each connection.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int KeptLines = 40;

    private readonly Process process;
    private readonly Queue<string> output = new();

    private ServerProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public string LastOutput
    {
        get
        {
            lock (output)
                return string.Join('\n', output);
        }
    }

    public static ServerProcess Start(ServerCommand command)
        => new(ForkingThread.Run(() => Process.Start(command.ToStartInfo())!));

    public void Send(Signal signal) => Send(process.Id, signal);

    public void KillTree() => process.Kill(entireProcessTree: true);

    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        // Stop the parent first, so that it forks no new children meanwhile.
        await SendAndAwaitAsync(process.Id, Signal.Stop, stopped: true, cancellationToken);
        foreach (var child in ProcFile.Children(process.Id))
            await SendAndAwaitAsync(child, Signal.Stop, stopped: true, cancellationToken);
    }

    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        foreach (var id in ProcFile.Children(process.Id).Append(process.Id))
            await SendAndAwaitAsync(id, Signal.Continue, stopped: false, cancellationToken);
    }

    /// <summary>Waits until the server and its children have exited, which all hold the other end of our output pipe.</summary>
    public async Task WaitForExitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{process.ProcessName} didn't end within {limit.TotalSeconds} s. Its last words:\n{LastOutput}");
        }
    }

    public void Dispose() => process.Dispose();

    private static async Task SendAndAwaitAsync(int id, Signal signal, bool stopped, CancellationToken cancellationToken)
    {
        Send(id, signal);
        while (ProcFile.IsStopped(id) is { } isStopped && isStopped != stopped)
            await Task.Delay(TimeSpan.FromMilliseconds(1), cancellationToken);
    }

    private static void Send(int id, Signal signal)
    {
        const int noSuchProcess = 3;
        if (Kill(id, (int)signal) != 0 && Marshal.GetLastPInvokeError() is var error and not noSuchProcess)
            throw new InvalidOperationException($"kill({id}, {signal}) failed: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int id, int signal);

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;

        lock (output)
        {
            output.Enqueue(line.Data);
            if (output.Count > KeptLines)
                output.Dequeue();
        }
    }
}
