using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>
/// The fields of an entry as bytes, for stores that park events: their number, then for each the name and the value, each with its length before it, as
/// <see cref="BinaryWriter"/> writes them. Names and values are kept as they are, also where they are not text.
/// </summary>
public static class EntryFieldsFormat
{
    /// <summary>Writes fields.</summary>
    public static byte[] Write(IReadOnlyList<EntryField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8))
        {
            writer.Write7BitEncodedInt(fields.Count);
            foreach (var (name, value) in fields)
            {
                writer.Write(name);
                writer.Write7BitEncodedInt(value.Length);
                writer.Write(value.Span);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Reads fields.</summary>
    /// <exception cref="EndOfStreamException">The bytes are not what <see cref="Write"/> returned.</exception>
    public static IReadOnlyList<EntryField> Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var fields = new EntryField[reader.Read7BitEncodedInt()];
        for (var i = 0; i < fields.Length; i++)
        {
            var name = reader.ReadString();
            fields[i] = new EntryField(name, reader.ReadBytes(reader.Read7BitEncodedInt()));
        }

        return fields;
    }
}
