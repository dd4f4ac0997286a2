using System.Globalization;

namespace CcdBlazor.Domain.Audit;

/// <summary>
/// Heads of the chain kept outside the database, one line each (time, position, hash), only ever appended to. Whoever can rewrite
/// the whole database still has to explain why it does not fit this file, and its copies.
/// </summary>
/// <param name="path">Full path of the file; its folder must exist.</param>
public sealed class AuditHeadFile(string path)
{
    /// <summary>Adds the head, unless it is the last one already there. Answers whether a line was written.</summary>
    public async Task<bool> AppendAsync(AuditHead head, DateTimeOffset now, CancellationToken ct)
    {
        if ((await ReadAsync(ct)).LastOrDefault() == head)
            return false;
        await File.AppendAllTextAsync(path, string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:O} {head.Position} {head.Hash}\n"), ct);
        return true;
    }

    /// <summary>The heads in the order in which they were written; a line cut short by a crash is passed over.</summary>
    public async Task<IReadOnlyList<AuditHead>> ReadAsync(CancellationToken ct)
    {
        if (!File.Exists(path))
            return [];
        var heads = new List<AuditHead>();
        foreach (var line in await File.ReadAllLinesAsync(path, ct))
            if (line.Split(' ') is [_, var position, { Length: 2 * AuditChain.HashLength } hash]
                && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                heads.Add(new AuditHead(number, hash));
        return heads;
    }
}
