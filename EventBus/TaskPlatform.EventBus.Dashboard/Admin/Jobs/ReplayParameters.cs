namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>What a replay works on.</summary>
/// <param name="Type">The event type.</param>
/// <param name="ReapplyEffects">Whether effects happen again.</param>
/// <param name="After">The entry behind which it begins.</param>
internal sealed record ReplayParameters(string Type, bool ReapplyEffects, string After);
