using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace TaskPlatform.Auth.Accounts;

/// <summary>How often one address may try; section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Registrations from one address in each <see cref="Window"/>. Default 10.</summary>
    [Range(1, 1_000_000)]
    public int Register { get; set; } = 10;

    /// <summary>Logins from one address in each <see cref="Window"/>. Default 20.</summary>
    [Range(1, 1_000_000)]
    public int Login { get; set; } = 20;

    /// <summary>Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>Keeps guessing and flooding slow.</summary>
internal static class AccountLimits
{
    public const string Register = "register";
    public const string Login = "login";

    public static void AddAccountLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = SayWhenToComeBack;
            limiter.AddPolicy(Register, request => ByAddress(request, limits => limits.Register));
            limiter.AddPolicy(Login, request => ByAddress(request, limits => limits.Login));
        });
    }

    private static RateLimitPartition<string> ByAddress(HttpContext request, Func<RateLimitOptions, int> permits)
    {
        var limits = request.RequestServices.GetRequiredService<IOptions<RateLimitOptions>>().Value;
        return RateLimitPartition.GetFixedWindowLimiter(
            request.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new FixedWindowRateLimiterOptions { PermitLimit = permits(limits), Window = limits.Window });
    }

    private static ValueTask SayWhenToComeBack(OnRejectedContext context, CancellationToken cancellationToken)
    {
        if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
        {
            context.HttpContext.Response.Headers.RetryAfter
                = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return ValueTask.CompletedTask;
    }
}
