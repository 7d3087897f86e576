using Microsoft.Extensions.Time.Testing;
using Xunit.Sdk;
using Xunit.v3;

namespace TaskPlatform.Tests;

public sealed class RunWatchTests
{
    private readonly FakeTimeProvider time = new();
    private readonly List<string> ends = [];

    [Fact]
    public void Every_test_has_a_time_limit()
        => Assert.Equal(LimitedTestFramework.TestLimit.TotalMilliseconds, Assert.IsType<IXunitTest>(TestContext.Current.Test, exactMatch: false).Timeout);

    [Fact]
    public void A_run_in_which_no_test_starts_or_ends_any_more_is_ended_and_names_what_is_running()
    {
        using var watch = Watch();
        watch.OnMessage(Started("A_quick_test"));
        watch.OnMessage(Ended("A_quick_test"));
        watch.OnMessage(Started("A_test_that_hangs"));

        time.Advance(RunWatch.SilenceLimit - TimeSpan.FromSeconds(1));
        Assert.Empty(ends);
        time.Advance(TimeSpan.FromSeconds(1));

        var message = Assert.Single(ends);
        Assert.Contains("360 s  A_test_that_hangs", message, StringComparison.Ordinal);
        Assert.DoesNotContain("A_quick_test", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_in_which_tests_start_and_end_goes_on()
    {
        using var watch = Watch();
        for (var i = 0; i < 10; i++)
        {
            time.Advance(RunWatch.SilenceLimit / 2);
            watch.OnMessage(i % 2 == 0 ? Started("A_test") : Ended("A_test"));
        }

        Assert.Empty(ends);
    }

    [Fact]
    public void A_cancelled_run_names_what_is_running_and_is_ended_soon()
    {
        using var output = new StringWriter();
        using var watch = Watch(output);
        watch.OnMessage(Started("A_test_that_hangs"));

        watch.Cancel();

        Assert.Contains("A_test_that_hangs", output.ToString(), StringComparison.Ordinal);
        time.Advance(RunWatch.StopLimit);
        Assert.Single(ends);
    }

    private static TestStarting Started(string name) => new()
    {
        AssemblyUniqueID = "a", TestCollectionUniqueID = "c", TestClassUniqueID = null, TestMethodUniqueID = null, TestCaseUniqueID = name, TestUniqueID = name, TestDisplayName = name, TestLabel = null,
        Explicit = false, StartTime = DateTimeOffset.UnixEpoch, Timeout = 0, Traits = new Dictionary<string, IReadOnlyCollection<string>>(),
    };

    private static TestFinished Ended(string name) => new()
    {
        AssemblyUniqueID = "a", TestCollectionUniqueID = "c", TestClassUniqueID = null, TestMethodUniqueID = null, TestCaseUniqueID = name, TestUniqueID = name, Attachments = new Dictionary<string, TestAttachment>(),
        ExecutionTime = 0, FinishTime = DateTimeOffset.UnixEpoch, Output = "", Warnings = null,
    };

    private RunWatch Watch(TextWriter? output = null) => new(NullMessageSink.Instance, time, output ?? TextWriter.Null, ends.Add);
}
