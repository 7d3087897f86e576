using System.ComponentModel.DataAnnotations;
using System.Security.Claims;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>What the dashboard needs to know of its host. Set in code; what an operator may set is in <see cref="Console.ConsoleOptions"/>.</summary>
public sealed class EventBusDashboardOptions
{
    /// <summary>The name in the console's heading and titles. Default <c>Event bus</c>.</summary>
    [Required]
    public string ProductName { get; set; } = "Event bus";

    /// <summary>The name of the session's cookie, which also begins the name of the forms' cookie. Default <c>event-bus-console</c>.</summary>
    [Required, RegularExpression("[A-Za-z0-9_-]+")]
    public string CookieName { get; set; } = "event-bus-console";

    /// <summary>
    /// Names the event log, as given to <c>UseEventLog</c>, that has the events of a type. A replay requests from there what the stream has lost.
    /// </summary>
    [Required]
    public Func<string, string>? FindEventLog { get; set; }

    /// <summary>Reads the operator from an authenticated request. Default <see cref="CurrentOperator.FromClaims"/>.</summary>
    [Required]
    public Func<ClaimsPrincipal, CurrentOperator> IdentifyOperator { get; set; } = CurrentOperator.FromClaims;

    /// <summary>
    /// Whether a request wants the headers alone, so that a response without end must end after them. Default: the method is HEAD. Set it where a
    /// middleware turns HEAD into GET.
    /// </summary>
    [Required]
    public Func<HttpContext, bool> IsHeadRequest { get; set; } = http => HttpMethods.IsHead(http.Request.Method);
}
