using System.Security.Cryptography;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>An entry for all groups.</summary>
/// <param name="EntryId">The entry's id.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="DataHash">The <see cref="HashOf"/> its <c>data</c> field, because another publisher may reuse an event id.</param>
public sealed record PublishedEntry(string EntryId, Guid EventId, string DataHash)
{
    /// <summary>The SHA-1 in lower-case hexadecimal digits, which a transport can compute on the server.</summary>
    public static string HashOf(string data)
    {
#pragma warning disable CA5350 // Lua scripts in Redis have no other hash; collision resistance is not needed.
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(data)));
#pragma warning restore CA5350
    }
}
