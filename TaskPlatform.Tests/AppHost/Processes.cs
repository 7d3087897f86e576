namespace TaskPlatform.Tests.AppHost;

/// <summary>Tests that start whole programs, which keep every core busy for a while: one after the other, beside everything else.</summary>
[CollectionDefinition(Name)]
public sealed class Processes
{
    public const string Name = "processes";
}
