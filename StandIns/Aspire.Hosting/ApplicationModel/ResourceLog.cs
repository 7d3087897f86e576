using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The last lines of a resource. Watchers read them from here, at their own pace, so a slow one costs nothing.</summary>
internal sealed class ResourceLog
{
    private const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<LogLine> _lines = [];
    private TaskCompletionSource _changed = NewSignal();
    private bool _isComplete;
    private int _count;

    public IReadOnlyList<LogLine> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public LogLine Add(string text, bool isError)
    {
        TaskCompletionSource changed;
        LogLine line;

        lock (_lock)
        {
            line = new LogLine(++_count, text, isError);
            _lines.Enqueue(line);

            if (_lines.Count > Capacity)
                _lines.Dequeue();

            (changed, _changed) = (_changed, NewSignal());
        }

        changed.TrySetResult();

        return line;
    }

    public void Complete()
    {
        lock (_lock)
            _isComplete = true;

        _changed.TrySetResult();
    }

    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = 0;

        while (true)
        {
            var (lines, changed, isComplete) = After(last);

            if (lines.Count > 0)
            {
                yield return lines;
                last = lines[^1].LineNumber;
            }
            else if (isComplete)
            {
                yield break;
            }
            else
            {
                await changed.WaitAsync(cancellationToken);
            }
        }
    }

    private (IReadOnlyList<LogLine> Lines, Task Changed, bool IsComplete) After(int lineNumber)
    {
        lock (_lock)
            return ([.. _lines.Skip(_lines.Count - Math.Min(_count - lineNumber, _lines.Count))], _changed.Task, _isComplete);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
