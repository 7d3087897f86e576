namespace TaskPlatform.Tests.AppHost;

/// <summary>Tests that start whole programs, which keep every core busy for a while, so they run one at a time.</summary>
[CollectionDefinition(Name)]
public sealed class Processes
{
    public const string Name = "processes";
}
