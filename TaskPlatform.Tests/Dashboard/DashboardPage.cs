using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using TaskPlatform.Tests.Graph;
using static Microsoft.Playwright.Assertions;

namespace TaskPlatform.Tests.Dashboard;

/// <summary>The real dashboard in a browser.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private const int DefaultTimeout = 60_000; // ms
    private const int ShortTimeout = 10_000; // ms
    private const int MaxAttempts = 12;

    private readonly IPage page;
    private readonly Uri address;

    private DashboardPage(IPage page, Uri address)
    {
        this.page = page;
        this.address = address;
    }

    public static async Task<DashboardPage> OpenAsync(Chromium chromium, Platform platform)
    {
        Assert.SkipUnless(platform.HasDashboard, "The dashboard could not be set up on this machine; ./test says why.");
        var page = await chromium.NewPageAsync();
        page.SetDefaultTimeout(DefaultTimeout);
        var dashboard = new DashboardPage(page, platform.App.GetEndpoint("aspire-dashboard", "http"));
        var token = platform.App.Services.GetRequiredService<IConfiguration>()["AppHost:BrowserToken"];
        await dashboard.GoToAsync($"/login?t={token}");
        return dashboard;
    }

    /// <summary>Navigates and waits until all scripts are loaded: opening a menu earlier breaks the page.</summary>
    public Task GoToAsync(string path) => page.GotoAsync(new Uri(address, path).AbsoluteUri, new() { WaitUntil = WaitUntilState.NetworkIdle });

    /// <summary>Finds a resource on the Resources page.</summary>
    public ILocator Row(string resource) => page.Locator("tr").Filter(new() { Has = page.GetByText(resource, new() { Exact = true }) }).First;

    public Task HasStateAsync(string resource, string state)
        => Expect(Row(resource).GetByText(state, new() { Exact = true }).First).ToBeVisibleAsync(new() { Timeout = DefaultTimeout });

    public Task PressAsync(string resource, string button) => Row(resource).GetByTitle(button, new() { Exact = true }).ClickAsync();

    /// <summary>Executes a command from a resource's menu, and confirms it if required; returns when the dashboard reports success.</summary>
    public async Task ExecuteAsync(string resource, string command, string? question = null)
    {
        var sign = question is null ? page.GetByText($"{resource} \"{command}\"").First : page.Locator("fluent-dialog").GetByText(question);
        await UntilAsync(sign, async () =>
        {
            await GoToAsync("/");
            await Row(resource).GetByTitle("Actions", new() { Exact = true }).ClickAsync(new() { Timeout = ShortTimeout });
            await page.Locator("fluent-menu-item").Filter(new() { HasText = command }).ClickAsync(new() { Timeout = ShortTimeout });
        });
        if (question is not null)
            await page.Locator("fluent-dialog fluent-button").Filter(new() { HasText = "Yes" }).Or(page.Locator("fluent-dialog fluent-button[appearance=accent]")).First.ClickAsync();

        await SeesAsync($"{resource} \"{command}\" succeeded");
    }

    public Task SeesAsync(string text) => Expect(page.GetByText(text).First).ToBeVisibleAsync(new() { Timeout = DefaultTimeout });

    /// <summary>Waits until the table of an instrument contains a matching value.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="instrument">The instrument's name.</param>
    /// <param name="value">A regular expression for the whole value, for example <c>30\d</c>.</param>
    public Task HasMeasuredAsync(string resource, string instrument, string value)
    {
        var cell = page.GetByRole(AriaRole.Gridcell, new() { NameRegex = new Regex($"^{value}$") });
        return UntilAsync(cell.First, () => GoToAsync($"{Instrument(resource, instrument)}&view=Table"));
    }

    public async Task ShowGraphAsync(string resource, string instrument)
    {
        await GoToAsync($"{Instrument(resource, instrument)}&view=Graph");
        await Expect(page.Locator(".js-plotly-plot .scatterlayer path").First).ToBeAttachedAsync(new() { Timeout = DefaultTimeout });
    }

    /// <summary>Takes a screenshot if requested: <c>TASKPLATFORM_SCREENSHOTS=docs/images ./test DashboardTests</c>.</summary>
    public async Task TakeScreenshotAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("TASKPLATFORM_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png") });
    }

    public async ValueTask DisposeAsync() => await page.Context.DisposeAsync();

    /// <summary>
    /// Repeats an action until it succeeds: on a slow machine the dashboard loses clicks on menus, and it omits instruments that a process has not
    /// reported yet when the page is opened.
    /// </summary>
    private static async Task UntilAsync(ILocator sign, Func<Task> act)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await act();
                await sign.WaitForAsync(new() { Timeout = ShortTimeout });
                return;
            }
            catch (TimeoutException) when (attempts < MaxAttempts)
            {
                // Try again.
            }
        }
    }

    private static string Instrument(string resource, string name)
        => $"/metrics/resource/{resource}?meter=TaskPlatform.EventBus&instrument={name}&duration=1";
}
