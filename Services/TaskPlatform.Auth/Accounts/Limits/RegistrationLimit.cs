using Microsoft.Extensions.Options;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>Limits the registrations from one address.</summary>
internal sealed class RegistrationLimit(IOptions<RateLimitOptions> options, TimeProvider time)
{
    private readonly AddressLimit byAddress = new(options.Value.Register, options.Value.Window, time);

    /// <summary>Counts a registration unless the limit is reached.</summary>
    /// <returns>How long to wait; zero if the registration was counted.</returns>
    public TimeSpan Take(string address) => byAddress.Take(address);
}
