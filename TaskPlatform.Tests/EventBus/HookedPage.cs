using System.Collections;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Events to publish; an action runs before each of them is read.</summary>
internal sealed class HookedPage(int count, Func<int, Task> happen) : IReadOnlyList<OutgoingEvent>
{
    private readonly List<int> taken = [];

    public int Count => count;

    public OutgoingEvent this[int index]
    {
        get
        {
            if (!taken.Contains(index))
            {
                taken.Add(index);
                happen(index).GetAwaiter().GetResult();
            }

            return new OutgoingEvent(Guid.CreateVersion7(), "note.written", "1", "{}", null, 1, null, null, $"{index}", null);
        }
    }

    public IEnumerator<OutgoingEvent> GetEnumerator() => Enumerable.Range(0, count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
