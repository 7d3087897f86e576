namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class HandledContentsTests
{
    private readonly HandledContents contents = new();
    private readonly Guid eventId = Guid.CreateVersion7();

    [Fact]
    public void The_same_event_does_not_contradict_what_was_handled()
    {
        contents.Remember(Deliveries.Of(1, "the same", eventId));
        Assert.False(contents.Contradicts(Deliveries.Of(2, "the same", eventId)));
    }

    [Theory]
    [InlineData("another")]
    [InlineData("the same ")]
    [InlineData("the samf")]
    [InlineData("")]
    public void Other_content_under_the_same_id_contradicts_it(string data)
    {
        contents.Remember(Deliveries.Of(1, "the same", eventId));
        Assert.True(contents.Contradicts(Deliveries.Of(2, data, eventId)));
    }

    [Fact]
    public void Where_nothing_is_known_the_first_one_is_remembered()
    {
        Assert.False(contents.Contradicts(Deliveries.Of(1, "first", eventId)));
        Assert.True(contents.Contradicts(Deliveries.Of(2, "second", eventId)));
        Assert.False(contents.Contradicts(Deliveries.Of(3, "first", eventId)));
    }

    [Fact]
    public void A_difference_anywhere_in_a_long_event_is_noticed()
    {
        var text = new string('x', 1003);
        contents.Remember(Deliveries.Of(1, text, eventId));
        foreach (var position in (int[])[0, 7, 8, 999, 1000, 1002])
            Assert.True(contents.Contradicts(Deliveries.Of(2, text.Remove(position, 1).Insert(position, "y"), eventId)));
    }

    [Fact]
    public void Zeros_of_another_length_contradict()
    {
        contents.Remember(Deliveries.Of(1, new string('\0', 8), eventId));
        Assert.True(contents.Contradicts(Deliveries.Of(2, new string('\0', 16), eventId)));
    }
}
