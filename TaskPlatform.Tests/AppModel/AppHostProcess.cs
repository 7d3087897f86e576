using System.Diagnostics;

namespace TaskPlatform.Tests.AppModel;

/// <summary>
/// The AppHost as somebody runs it: a process. All that it starts inherits a mark, by which it is found even when orphaned;
/// a server that writes its title over its environment is found by the folder it works in.
/// </summary>
internal sealed class AppHostProcess : IDisposable
{
    private const string Mark = "TASKPLATFORM_TEST_MARK";
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    private readonly string _mark = Guid.CreateVersion7().ToString("N");
    private readonly string _dataFolder;
    private readonly Process _process;

    private AppHostProcess(string dataFolder)
    {
        _dataFolder = dataFolder;

        var start = new ProcessStartInfo(
            Path.ChangeExtension(typeof(Projects.TaskPlatform_AppHost).Assembly.Location, null),
            ["--DcpPublisher:RandomizePorts=true", $"--LocalServers:DataFolder={dataFolder}"])
        {
            WorkingDirectory = Projects.TaskPlatform_AppHost.ProjectPath,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Mark] = _mark;
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = "http://localhost:15888";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://localhost:15889";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";

        _process = Process.Start(start)!;
        Output = Task.WhenAll(_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
    }

    /// <summary>What it wrote, once it is gone.</summary>
    public Task<string[]> Output { get; }

    public static AppHostProcess Start(string dataFolder) => new(dataFolder);

    public void Kill() => _process.Kill();

    /// <summary>Returns once for each of these words there is a process of this AppHost with it in its command line.</summary>
    public async Task WaitForProcessesAsync(IEnumerable<string> words, CancellationToken cancellationToken)
    {
        var awaited = words.ToList();

        while (CommandLines() is var lines && !awaited.TrueForAll(word => lines.Any(line => line.Contains(word, StringComparison.Ordinal))))
        {
            Assert.False(_process.HasExited, "The AppHost is gone before all of its processes were there.");
            await Task.Delay(BetweenLooks, cancellationToken);
        }
    }

    /// <summary>Returns once no process of this AppHost is left.</summary>
    public async Task WaitForNobodyAsync(CancellationToken cancellationToken)
    {
        while (CommandLines().Count > 0)
            await Task.Delay(BetweenLooks, cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();

        _process.Dispose();
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
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended just now, or belongs to somebody else.
            }

        return lines;
    }

    private bool IsOurs(string folder) =>
        File.ReadAllText(Path.Combine(folder, "environ")).Contains($"{Mark}={_mark}", StringComparison.Ordinal)
        || File.ResolveLinkTarget(Path.Combine(folder, "cwd"), returnFinalTarget: false)?.FullName.StartsWith(_dataFolder, StringComparison.Ordinal) is true;
}
