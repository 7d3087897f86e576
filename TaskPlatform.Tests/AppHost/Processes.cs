namespace TaskPlatform.Tests.AppHost;

/// <summary>Tests that start complete programs. These keep all cores busy for a while, so the tests run one at a time.</summary>
[CollectionDefinition(Name)]
public sealed class Processes
{
    public const string Name = "processes";
}
