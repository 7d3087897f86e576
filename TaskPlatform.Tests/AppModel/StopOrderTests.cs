using Aspire.Hosting;

namespace TaskPlatform.Tests.AppModel;

public sealed class StopOrderTests
{
    [Fact]
    public async Task Who_waits_for_another_stops_before_it()
    {
        Feed.SkipUnlessCurated("officially all stop at once");
        using var folder = new TemporaryFolder();
        var written = folder.PathOf("stopped");

        await using (var application = await TestApplication.StartAsync(builder =>
        {
            var database = builder.AddShell("database", Told("database", written, "true"));
            builder.AddShell("service", Told("service", written, "sleep 0.5")).WaitFor(database);
        }))
        {
            await application.WaitForLineAsync("service", "ready");
        }

        Assert.Equal(["service", "database"], await File.ReadAllLinesAsync(written, TestContext.Current.CancellationToken));
    }

    /// <summary>Says when it is ready for the end; at the end does some work, then writes its name.</summary>
    private static string Told(string name, string file, string work) =>
        $"trap '{work}; echo {name} >> {file}; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
}
