using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Aspire.Hosting.Dashboard.ResourceService;

/// <summary>gRPC's frames: a byte that says whether it is compressed (never here), the length in four bytes, the message.</summary>
internal static class GrpcMessages
{
    private const int HeaderSize = 5;
    private const int MaxSize = 64 * 1024;

    /// <exception cref="InvalidDataException">That isn't a message which anybody would send.</exception>
    public static async Task<T> ReadMessageAsync<T>(this PipeReader reader, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        var header = (await reader.ReadAtLeastAsync(HeaderSize, cancellationToken)).Buffer;

        if (header.Length < HeaderSize)
            throw new InvalidDataException("The message ends too early.");

        var size = SizeIn(header);
        reader.AdvanceTo(header.Start);
        var frame = (await reader.ReadAtLeastAsync(HeaderSize + size, cancellationToken)).Buffer;

        if (frame.Length < HeaderSize + size)
            throw new InvalidDataException("The message ends too early.");

        var content = frame.Slice(HeaderSize, size);
        var message = parser.ParseFrom(content);
        reader.AdvanceTo(content.End);

        return message;
    }

    /// <summary>Returns once the message is on its way; a receiver that is slow makes it wait.</summary>
    public static async Task WriteMessageAsync(this PipeWriter writer, IMessage message, CancellationToken cancellationToken)
    {
        var header = writer.GetSpan(HeaderSize)[..HeaderSize];
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], message.CalculateSize());
        writer.Advance(HeaderSize);
        message.WriteTo(writer);

        await writer.FlushAsync(cancellationToken);
    }

    private static int SizeIn(ReadOnlySequence<byte> frame)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        frame.Slice(0, HeaderSize).CopyTo(header);
        var size = BinaryPrimitives.ReadInt32BigEndian(header[1..]);

        return header[0] == 0 && size is >= 0 and <= MaxSize
            ? size
            : throw new InvalidDataException("The message is compressed, or too large.");
    }
}
