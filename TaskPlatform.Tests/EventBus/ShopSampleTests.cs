using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Npgsql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The programs of EventBus/samples/Shop, which use the packed libraries, run as docs/library.md says.</summary>
public sealed partial class ShopSampleTests(RedisServer redis, PostgresServer postgres)
{
    private static readonly string Sample = FolderOfSample();
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(45);

    [Fact]
    public async Task An_order_is_charged_once_and_those_that_fail_are_retried_or_rejected_and_dead_lettered()
    {
        var orders = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        var billing = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        var place = new BusPlace(redis.ConnectionString, billing, RedisServer.NewKeyPrefix());
        await using var view = await BusView.OfAsync(place);

        using var publisher = Start("Shop.Publisher", place, $"ConnectionStrings__orders-db={orders}", "20", "5000", "-5");
        using var consumer = Start("Shop.Consumer", place, $"ConnectionStrings__billing-db={billing}");
        var deadLetters = await view.DeadLettersAsync(2);
        var charges = await BusView.Until(() => ChargesAsync(billing), found => found.Count > 0);
        await StopAsync(publisher);
        await StopAsync(consumer);

        Assert.Equal([20m], charges);
        Assert.Equal([20m], await ChargesAsync(billing));
        var entries = await view.EntriesAsync("events:order.placed");
        var retried = Assert.Single(deadLetters, letter => letter["reason"] == "exhausted");
        var deliveries = entries.FindAll(entry => entry["event_id"] == retried["event_id"]);
        Assert.Equal(["", "1", "2"], deliveries.Select(entry => entry.GetValueOrDefault("attempt", "")));
        Assert.Equal("The bank did not answer.", retried["error"]);
        Assert.Equal(retried["traceparent"], Assert.Single(deliveries.Select(entry => entry["traceparent"]).Distinct()));
        var rejected = Assert.Single(deadLetters, letter => letter["reason"] == "rejected");
        Assert.Single(entries, entry => entry["event_id"] == rejected["event_id"]);
    }

    [Fact]
    public void The_guide_shows_the_sample_as_it_is()
    {
        var guide = File.ReadAllText(Path.Combine(Sample, "../../../docs/library.md"));

        var shown = FileInGuide().Matches(guide);

        Assert.Equal(8, shown.Count);
        Assert.All(shown, file => Assert.Equal(File.ReadAllText(Path.Combine(Sample, file.Groups["path"].Value)), file.Groups["text"].Value));
    }

    /// <summary>Starts a program in its own folder, as a reader does, so that its settings are read; those of the test come on top.</summary>
    private static ServerProcess Start(string program, BusPlace place, string database, params string[] arguments)
    {
        var folder = Path.Combine(Sample, program);
        var assembly = Path.Combine(folder, "bin/Debug/net10.0", program + ".dll");
        Assert.True(File.Exists(assembly), $"{assembly} is missing. Build the sample as ./test does: EventBus/pack, then dotnet build EventBus/samples/Shop/Shop.slnx.");
        return ServerProcess.Start(new ServerCommand("env",
        [
            "-C", folder,
            $"ConnectionStrings__redis={place.Redis}", database, $"EventBus__KeyPrefix={place.Prefix}",
            "EventBus__RetryDelays__0=00:00:00.050", "EventBus__RetryDelays__1=00:00:00.050",
            "dotnet", "exec", assembly, .. arguments,
        ]));
    }

    private static async Task StopAsync(ServerProcess process)
    {
        process.Send(Signal.Terminate);
        await process.WaitForExitAsync(StopLimit, TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, process.LastOutput);
    }

    private static async Task<List<decimal>> ChargesAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var select = new NpgsqlCommand("""SELECT "Amount" FROM "Charges" ORDER BY 1""", connection);
        await using var reader = await select.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var amounts = new List<decimal>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            amounts.Add(reader.GetDecimal(0));
        return amounts;
    }

    private static string FolderOfSample([CallerFilePath] string thisFile = "") => Path.GetFullPath("../../../EventBus/samples/Shop", thisFile);

    /// <summary>A path on a line of its own, and a code block below it.</summary>
    [GeneratedRegex("^`(?<path>[^`]+)`\\n```[a-z]+\\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FileInGuide();
}
