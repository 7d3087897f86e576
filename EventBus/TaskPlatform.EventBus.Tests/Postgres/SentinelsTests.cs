using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Tests.Postgres;

public sealed class SentinelsTests
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(7);
    private static readonly HashSet<string> None = [];

    private readonly Sentinels sentinels = new();

    [Fact]
    public void The_first_entry_since_the_last_check_is_probed_and_then_the_newest()
    {
        sentinels.Add("parcel.sent", "1");
        sentinels.Add("parcel.sent", "2");
        Assert.True(sentinels.HasGrown);
        Assert.Equal([("parcel.sent", "1")], sentinels.Current(Retention));

        Renew(exists: true);

        Assert.False(sentinels.HasGrown);
        Assert.Equal([("parcel.sent", "2")], sentinels.Current(Retention));
    }

    [Fact]
    public void After_a_loss_an_entry_that_was_found_is_probed()
    {
        sentinels.Add("parcel.sent", "1");
        Renew(exists: false);
        Assert.Empty(sentinels.Current(Retention));

        sentinels.AddFound("parcel.sent", "3", age: 10);
        sentinels.AddFound("parcel.sent", "2", age: 20);
        sentinels.Renew(new Dictionary<string, bool>(), None);

        Assert.Equal([("parcel.sent", "3")], sentinels.Current(Retention));
    }

    [Fact]
    public void A_type_whose_verification_was_skipped_keeps_its_entry()
    {
        sentinels.Add("parcel.sent", "1");
        sentinels.Add("parcel.sent", "2");

        sentinels.Renew(new Dictionary<string, bool> { ["parcel.sent"] = true }, new HashSet<string> { "parcel.sent" });

        Assert.Equal([("parcel.sent", "1")], sentinels.Current(Retention));
    }

    [Fact]
    public void An_entry_that_may_already_be_trimmed_is_not_probed()
    {
        sentinels.AddFound("parcel.sent", "1", age: Retention.TotalSeconds + 60);
        sentinels.AddFound("letter.lost", "1", age: Retention.TotalSeconds - 60);
        sentinels.Renew(new Dictionary<string, bool>(), None);

        Assert.Equal([("letter.lost", "1")], sentinels.Current(Retention));
    }

    private void Renew(bool exists) => sentinels.Renew(new Dictionary<string, bool> { ["parcel.sent"] = exists }, None);
}
