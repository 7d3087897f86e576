using Microsoft.Extensions.Options;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>Limits the registrations from one address.</summary>
internal sealed class RegistrationLimit(IOptions<RateLimitOptions> options, TimeProvider time)
{
    private readonly AddressLimit byAddress = new(options.Value.Register, options.Value.Window, time);

    /// <summary>Counts a registration, unless it comes too early.</summary>
    /// <returns>How long to wait: zero when it was counted.</returns>
    public TimeSpan Take(string address) => byAddress.Take(address);
}
