using System.Net.Sockets;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>The address that limits count by. Of an IPv6 address the network (/64), since a client may have all of its addresses.</summary>
internal static class ClientAddress
{
    private const int NetworkBytes = 8;

    public static string Of(HttpContext http) => http.Connection.RemoteIpAddress switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } address => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, NetworkBytes)),
        var address => address.ToString(),
    };
}
