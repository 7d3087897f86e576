using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace TaskPlatform.EventBus.Benchmarks.Micro;

/// <summary>Parsing an entry's fields into a delivery.</summary>
[MemoryDiagnoser]
public class ReplyBenchmarks
{
    private EntryField[] fields = [];

    [Params(250, 4000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var e = Measured.Outgoing(4711, Measured.PaddingFor(Bytes));
        fields =
        [
            Field(EntryFields.Data, e.Envelope), Field(EntryFields.EventId, e.EventId.ToString()),
            Field(EntryFields.Schema, e.Schema.ToString(CultureInfo.InvariantCulture)), Field(EntryFields.CorrelationId, e.CorrelationId),
        ];
    }

    [Benchmark]
    public object Parse() => Delivery.Parse(new ReceivedEvent(new EventPosition(Bus.BenchmarkEnvironment.Stream, "1763800000000-0"), fields, PriorDeliveries: 0), maxBytes: 512 * 1024);

    private static EntryField Field(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));
}
