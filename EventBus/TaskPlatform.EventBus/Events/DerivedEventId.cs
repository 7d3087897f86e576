using System.Security.Cryptography;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>
/// Ids derived from what an event stands for, so that two programs, or two attempts, give it the same one. An event that was published
/// without an id gets that of its stream and entry.
/// </summary>
public static class DerivedEventId
{
    private static readonly Guid Namespace = new("7f0d6f6a-8f0a-5d8e-9c53-0d1c4a4c9b11");

    /// <summary>UUID version 5 (RFC 9562, section 5.5) of the stream's name and the entry id.</summary>
    /// <param name="stream">The stream, or whatever else the second value is unique in.</param>
    /// <param name="entryId">The entry's id.</param>
    public static Guid Of(string stream, string entryId)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(entryId);
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(stream.Length + 1 + entryId.Length)];
        Namespace.TryWriteBytes(input, bigEndian: true, out var length);
        length += Encoding.UTF8.GetBytes(stream, input[length..]);
        input[length++] = (byte)' ';
        length += Encoding.UTF8.GetBytes(entryId, input[length..]);

        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // UUID version 5 requires SHA-1; collision resistance is not needed.
        SHA1.HashData(input[..length], hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
