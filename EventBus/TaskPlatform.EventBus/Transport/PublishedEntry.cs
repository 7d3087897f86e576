using System.Security.Cryptography;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>An entry that was added for every group.</summary>
/// <param name="EntryId">The entry.</param>
/// <param name="EventId">Its event.</param>
/// <param name="DataHash">The <see cref="HashOf"/> its field <c>data</c>: another publisher may use an event id for something else.</param>
public sealed record PublishedEntry(string EntryId, Guid EventId, string DataHash)
{
    /// <summary>SHA-1 in lower-case hexadecimal digits, which transports can compute where the data is.</summary>
    public static string HashOf(string data)
    {
#pragma warning disable CA5350 // Redis's scripts have no other hash; nothing here relies on it being hard to forge.
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(data)));
#pragma warning restore CA5350
    }
}
