namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>The parameters of a replay.</summary>
/// <param name="Type">The event type.</param>
/// <param name="ReapplyEffects">Whether events that were already handled are handled again.</param>
/// <param name="After">The entry after which the replay begins.</param>
internal sealed record ReplayParameters(string Type, bool ReapplyEffects, string After);
