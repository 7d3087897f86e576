namespace TaskPlatform.Tests.OfficialApi;

/// <summary>A type or member of another assembly, in the lists' notation.</summary>
internal readonly record struct ApiReference(string Assembly, string Entry);
