using System.Globalization;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Limits;

/// <summary>A minimal Redis client: raw bytes on one blocking socket.</summary>
internal sealed class RedisPipe : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] received = new byte[1 << 20];
    private byte[] sending = new byte[1 << 16];
    private int sendingLength;
    private int position;
    private int end;

    /// <param name="connectionString">A connection string of the Redis driver.</param>
    public RedisPipe(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        socket.Connect(options.EndPoints[0]);
        Append("AUTH", options.Password!);
        Send();
        Skip();
    }

    /// <summary>Adds a command to the data of the next <see cref="Send"/>.</summary>
    public void Append(params ReadOnlySpan<string> arguments)
    {
        Header('*', arguments.Length);
        foreach (var argument in arguments)
            Argument(argument);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(sending.AsSpan(sendingLength));
        sendingLength += bytes.Length;
    }

    public void Header(char kind, int count) => Append(Encoding.ASCII.GetBytes($"{kind}{count}\r\n"));

    public void Argument(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Header('$', length);
        Reserve(length + 2);
        sendingLength += Encoding.UTF8.GetBytes(text, sending.AsSpan(sendingLength));
        "\r\n"u8.CopyTo(sending.AsSpan(sendingLength));
        sendingLength += 2;
    }

    public void Send()
    {
        for (var sent = 0; sent < sendingLength;)
            sent += socket.Send(sending, sent, sendingLength - sent, SocketFlags.None);
        sendingLength = 0;
    }

    /// <summary>Reads the length of the next array; -1 if it is null.</summary>
    public int Array()
    {
        var line = Line();
        return line[0] == '*' ? Number(line) : throw new InvalidOperationException(Encoding.UTF8.GetString(line));
    }

    /// <summary>Reads the next bulk string, as bytes that are valid until the next call.</summary>
    public ReadOnlySpan<byte> Bulk()
    {
        var length = Number(Line());
        Require(length + 2);
        var bulk = received.AsSpan(position, length);
        position += length + 2;
        return bulk;
    }

    /// <summary>Skips the next reply, including nested ones.</summary>
    public void Skip()
    {
        var line = Line();
        switch ((char)line[0])
        {
            case '$' when Number(line) is >= 0 and var length:
                Require(length + 2);
                position += length + 2;
                break;
            case '*':
                for (var left = Number(line); left > 0; left--)
                    Skip();
                break;
            case '-':
                throw new InvalidOperationException(Encoding.UTF8.GetString(line));
        }
    }

    public void Dispose() => socket.Dispose();

    private static int Number(ReadOnlySpan<byte> line) => int.Parse(line[1..], CultureInfo.InvariantCulture);

    private ReadOnlySpan<byte> Line()
    {
        while (true)
        {
            var length = received.AsSpan(position, end - position).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = received.AsSpan(position, length);
                position += length + 2;
                return line;
            }

            Require(end - position + 1);
        }
    }

    private void Require(int bytes)
    {
        while (end - position < bytes)
        {
            if (position > 0 && position + bytes > received.Length)
            {
                received.AsSpan(position, end - position).CopyTo(received);
                end -= position;
                position = 0;
            }

            var count = socket.Receive(received, end, received.Length - end, SocketFlags.None);
            end += count > 0 ? count : throw new InvalidOperationException("Redis closed the connection.");
        }
    }

    private void Reserve(int bytes)
    {
        if (sendingLength + bytes > sending.Length)
            System.Array.Resize(ref sending, Math.Max(sending.Length * 2, sendingLength + bytes));
    }
}
