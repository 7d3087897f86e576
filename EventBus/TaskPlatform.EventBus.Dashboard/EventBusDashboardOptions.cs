using System.ComponentModel.DataAnnotations;
using System.Security.Claims;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>Options of the host, which are set in code. Options for operators are in <see cref="Console.ConsoleOptions"/>.</summary>
public sealed class EventBusDashboardOptions
{
    /// <summary>The name in the console's heading and titles. Default <c>Event bus</c>.</summary>
    [Required]
    public string ProductName { get; set; } = "Event bus";

    /// <summary>The name of the session's cookie, which is also the prefix of the forms' cookie. Default <c>event-bus-console</c>.</summary>
    [Required, RegularExpression("[A-Za-z0-9_-]+")]
    public string CookieName { get; set; } = "event-bus-console";

    /// <summary>
    /// Returns the name of the event log, as passed to <c>Outbox</c>, for an event type. Replays request events from it that the stream no longer has.
    /// </summary>
    [Required]
    public Func<string, string>? FindEventLog { get; set; }

    /// <summary>Reads the operator from an authenticated request. Default <see cref="CurrentOperator.FromClaims"/>.</summary>
    [Required]
    public Func<ClaimsPrincipal, CurrentOperator> IdentifyOperator { get; set; } = CurrentOperator.FromClaims;

    /// <summary>
    /// Whether a request is a HEAD, so that an endless response must end after the headers. By default checks the method. Set it if a
    /// middleware turns HEAD into GET.
    /// </summary>
    [Required]
    public Func<HttpContext, bool> IsHeadRequest { get; set; } = http => HttpMethods.IsHead(http.Request.Method);
}
