using System.Collections.Concurrent;

namespace TaskPlatform.Tests.Servers;

/// <summary>
/// The thread that starts all servers. The parent-death signal is tied to the thread that forked, not to its process, so a server that was
/// forked on a pool thread would be killed when the pool shrinks.
/// </summary>
internal static class ForkingThread
{
    private static readonly BlockingCollection<Action> Work = [];

    static ForkingThread() => new Thread(Loop) { IsBackground = true, Name = nameof(ForkingThread) }.Start();

    public static T Run<T>(Func<T> start)
    {
        var result = new TaskCompletionSource<T>();
        Work.Add(() =>
        {
            try
            {
                result.SetResult(start());
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        });
        return result.Task.GetAwaiter().GetResult();
    }

    private static void Loop()
    {
        foreach (var action in Work.GetConsumingEnumerable())
            action();
    }
}
