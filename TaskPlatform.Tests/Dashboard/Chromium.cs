using Microsoft.Playwright;
using TaskPlatform.Tests.Dashboard;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace TaskPlatform.Tests.Dashboard;

/// <summary>The browser that all browser tests share, started by the first of them. ./test installs it if permitted.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    /// <summary>Playwright itself waits without a limit for a browser that doesn't answer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim gate = new(1);
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>Opens a page without cookies. Skips the test if there is no browser.</summary>
    public async Task<IPage> NewPageAsync()
    {
        var program = Find();
        Assert.SkipWhen(program is null, "There is no chromium on this machine, and ./test could not install it.");

        var started = await StartedAsync(program);
        var context = await started.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 800 } }).WaitAsync(Limit);
        return await context.NewPageAsync().WaitAsync(Limit);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync().AsTask().WaitAsync(Limit);
        playwright?.Dispose();
        gate.Dispose();
    }

    private async Task<IBrowser> StartedAsync(string program)
    {
        await gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            playwright ??= await Playwright.CreateAsync().WaitAsync(Limit);
            return browser ??= await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Arguments }).WaitAsync(Limit);
        }
        finally
        {
            gate.Release();
        }
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
