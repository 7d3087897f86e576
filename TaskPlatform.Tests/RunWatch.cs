using System.Collections.Concurrent;
using Xunit.Sdk;

namespace TaskPlatform.Tests;

/// <summary>
/// Knows which tests and collections are running. When no test has started or ended for longer than any test may take, or does not
/// end soon after the run was cancelled, it names them and ends the process.
/// </summary>
internal sealed class RunWatch : IMessageSink, IDisposable
{
    /// <summary>More than any test sets as its own limit.</summary>
    public static readonly TimeSpan SilenceLimit = LimitedTestFramework.TestLimit + TimeSpan.FromMinutes(2);
    public static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(45);

    private readonly ConcurrentDictionary<string, (string Name, long Started)> running = new();
    private readonly IMessageSink next;
    private readonly TimeProvider time;
    private readonly TextWriter output;
    private readonly ITimer timer;
    private volatile bool cancelled;

    public RunWatch(IMessageSink next, TimeProvider time, TextWriter output, Action<string> end)
    {
        (this.next, this.time, this.output) = (next, time, output);
        timer = time.CreateTimer(
            _ => end($"The tests do not end. Running, the longest first:\n{Describe()}"), state: null, SilenceLimit, Timeout.InfiniteTimeSpan);
    }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCollectionStarting collection:
                running[collection.TestCollectionUniqueID] = ($"collection {collection.TestCollectionDisplayName}", time.GetTimestamp());
                break;
            case ITestCollectionFinished collection:
                running.TryRemove(collection.TestCollectionUniqueID, out _);
                break;
            case ITestStarting test:
                running[test.TestUniqueID] = (test.TestDisplayName, time.GetTimestamp());
                Postpone();
                break;
            case ITestFinished test:
                running.TryRemove(test.TestUniqueID, out _);
                Postpone();
                break;
        }

        return next.OnMessage(message);
    }

    /// <summary>Names what is running when the run is cancelled, and leaves it little time to end.</summary>
    public void Cancel()
    {
        cancelled = true;
        output.WriteLine($"The run was cancelled. Running, the longest first:\n{Describe()}");
        Postpone();
    }

    public void Dispose() => timer.Dispose();

    private void Postpone() => timer.Change(cancelled ? StopLimit : SilenceLimit, Timeout.InfiniteTimeSpan);

    private string Describe() => running.IsEmpty
        ? "  no test, but a fixture that all of them share"
        : string.Join('\n', running.Values
            .OrderBy(one => one.Started)
            .Select(one => $"  {time.GetElapsedTime(one.Started).TotalSeconds,5:0} s  {one.Name}"));
}
