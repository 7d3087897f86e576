using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>
/// A table whose keys are chosen by clients. Its memory is bounded: keys have a fixed size, and at its capacity the least recently used entry is
/// removed. Not thread-safe.
/// </summary>
internal sealed class RecentEntries<T>(int capacity)
    where T : class, new()
{
    private readonly Dictionary<UInt128, LinkedListNode<(UInt128 Key, T Entry)>> nodes = [];
    private readonly LinkedList<(UInt128 Key, T Entry)> byUse = [];

    public int Count => nodes.Count;

    public bool TryGet(string text, [NotNullWhen(true)] out T? entry)
    {
        entry = null;
        if (!nodes.TryGetValue(KeyOf(text), out var node))
            return false;

        byUse.Remove(node);
        byUse.AddFirst(node);
        entry = node.Value.Entry;
        return true;
    }

    public T GetOrAdd(string text)
    {
        if (TryGet(text, out var entry))
            return entry;

        if (nodes.Count == capacity)
        {
            nodes.Remove(byUse.Last!.Value.Key);
            byUse.RemoveLast();
        }

        var key = KeyOf(text);
        entry = new T();
        nodes.Add(key, byUse.AddFirst((key, entry)));
        return entry;
    }

    public void Remove(string text)
    {
        if (nodes.Remove(KeyOf(text), out var node))
            byUse.Remove(node);
    }

    // A cryptographic hash, so that no client can find a text that collides with another one.
    private static UInt128 KeyOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
