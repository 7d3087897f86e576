using System.Diagnostics;
using System.Text;

namespace TaskPlatform.Tests.AppHost;

/// <summary>
/// The AppHost as a process, as a user runs it. All processes that it starts inherit a marker in their environment, by which they are found
/// even if orphaned; a server that overwrites its environment with its title is found by its working directory.
/// </summary>
internal sealed class AppHostProcess : IDisposable
{
    private const string Marker = "TASKPLATFORM_TEST_MARKER";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly string _marker = Guid.CreateVersion7().ToString("N");
    private readonly string _dataFolder;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly SemaphoreSlim _written = new(0);

    private AppHostProcess(string dataFolder, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        _dataFolder = dataFolder;

        var project = Projects.TaskPlatform_AppHost.ProjectPath;
        var build = Path.GetRelativePath(Path.Combine(project, "..", "TaskPlatform.Tests"), AppContext.BaseDirectory);
        var start = new ProcessStartInfo(
            Path.Combine(project, build, "TaskPlatform.AppHost"),
            [$"--LocalServers:DataFolder={dataFolder}", $"--AppHost:OtlpApiKey={_marker}", .. arguments])
        {
            WorkingDirectory = project,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Marker] = _marker;
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://127.0.0.1:0";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The output so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static AppHostProcess Start(string dataFolder, params string[] arguments)
        => new(dataFolder, arguments, new Dictionary<string, string>());

    public static AppHostProcess StartIn(IReadOnlyDictionary<string, string> environment, string dataFolder, params string[] arguments)
        => new(dataFolder, arguments, environment);

    public void Kill() => _process.Kill();

    /// <summary>Waits for the process to exit, and returns its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Waits until the output contains the text.</summary>
    public async Task WaitForOutputAsync(string text, CancellationToken cancellationToken)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited, $"The AppHost ended without having written '{text}':\n{Output}");
            await _written.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits until, for each word, a process of this AppHost has it in its command line.</summary>
    public async Task WaitForProcessesAsync(IReadOnlyCollection<string> words, CancellationToken cancellationToken)
    {
        while (CommandLines() is var lines && !words.All(word => lines.Any(line => line.Contains(word, StringComparison.Ordinal))))
        {
            Assert.False(_process.HasExited, $"The AppHost ended before all of its processes were there:\n{Output}");
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>Waits until no process of this AppHost is left.</summary>
    public async Task WaitForNoProcessAsync(CancellationToken cancellationToken)
    {
        while (CommandLines().Count > 0)
            await Task.Delay(PollInterval, cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();

        _process.Dispose();
        _written.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;

        lock (_output)
            _output.AppendLine(line.Data);
        _written.Release();
    }

    private List<string> CommandLines()
    {
        var lines = new List<string>();

        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
            try
            {
                if (IsOurs(folder))
                    lines.Add(File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' '));
            }
            catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
            {
                // The process has just exited, or belongs to another user.
            }

        return lines;
    }

    private bool IsOurs(string folder) =>
        File.ReadAllText(Path.Combine(folder, "environ")).Contains($"{Marker}={_marker}", StringComparison.Ordinal)
        || File.ResolveLinkTarget(Path.Combine(folder, "cwd"), returnFinalTarget: false)?.FullName.StartsWith(_dataFolder, StringComparison.Ordinal) is true;
}
