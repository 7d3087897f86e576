using System.Globalization;
using System.Security.Claims;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>The operator who makes the current request, as audit and jobs record it.</summary>
/// <param name="UserId">The id in the host's accounts.</param>
/// <param name="Email">The e-mail address.</param>
public sealed record CurrentOperator(long UserId, string Email)
{
    private const string SubjectClaim = "sub";
    private const string EmailClaim = "email";

    /// <summary>Reads the claims <c>sub</c>, which must be a number, and <c>email</c>.</summary>
    /// <exception cref="InvalidOperationException">There is no such <c>sub</c>.</exception>
    public static CurrentOperator FromClaims(ClaimsPrincipal principal)
    {
        ArgumentNullException.ThrowIfNull(principal);
        return long.TryParse(principal.FindFirstValue(SubjectClaim), CultureInfo.InvariantCulture, out var id)
            ? new CurrentOperator(id, principal.FindFirstValue(EmailClaim) ?? "")
            : throw new InvalidOperationException(
                $"The operator has no claim '{SubjectClaim}' with a number. Set {nameof(EventBusDashboardOptions)}.{nameof(EventBusDashboardOptions.IdentifyOperator)}.");
    }

    /// <summary>Lets a route handler take the operator as a parameter.</summary>
    public static ValueTask<CurrentOperator> BindAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return ValueTask.FromResult(Of(http));
    }

    internal static CurrentOperator Of(HttpContext http)
        => http.RequestServices.GetRequiredService<IOptions<EventBusDashboardOptions>>().Value.IdentifyOperator(http.User);
}
