namespace TaskPlatform.EventBus.Tests.Events;

public sealed class DerivedEventIdTests
{
    /// <summary>As <c>uuid.uuid5</c> of Python's standard library has them. They must never change: an inbox knows events by them.</summary>
    [Theory]
    [InlineData("events:note.written", "1735689600000-0", "02c47915-a5a6-517e-bb41-31224a0bfc4a")]
    [InlineData("events:ünïcode.x", "1-1", "2ad52d7b-5987-5825-ae67-9003ce3b4c54")]
    public void It_is_the_UUID_of_version_5_of_the_streams_and_the_entrys_name(string stream, string entryId, string expected)
        => Assert.Equal(new Guid(expected), DerivedEventId.Of(stream, entryId));

    [Fact]
    public void Entries_of_different_streams_have_different_ids()
        => Assert.NotEqual(DerivedEventId.Of("events:a.b", "1-0"), DerivedEventId.Of("events:a.c", "1-0"));
}
