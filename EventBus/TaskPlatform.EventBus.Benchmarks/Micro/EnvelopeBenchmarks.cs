using System.Text;
using BenchmarkDotNet.Attributes;

namespace TaskPlatform.EventBus.Benchmarks.Micro;

/// <summary>Writing and parsing the JSON of an event.</summary>
[MemoryDiagnoser]
public class EnvelopeBenchmarks
{
    private static readonly DateTimeOffset Time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private Measured data = null!;
    private byte[] json = [];

    [Params(250, 4000, 64_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        data = new Measured(4711, Measured.PaddingFor(Bytes));
        json = Encoding.UTF8.GetBytes(EventEnvelope.Write(data, Time));
    }

    [Benchmark]
    public int Write() => EventEnvelope.Write(data, Time).Length;

    [Benchmark]
    public int Read() => EventEnvelope.Read(json).Payload.Length;
}
