using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>A node of the tree of departments.</summary>
internal sealed class Department
{
    /// <summary>Levels of the tree, the top one included.</summary>
    public const int DeepestLevel = 10;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; set; }

    public Guid? ParentId { get; private set; }

    /// <summary>Who leads it, and with it everything below.</summary>
    public Guid? LeaderId { get; set; }

    /// <summary><c>/{id}/{id}/</c> from the top to this one, so that a subtree is one prefix.</summary>
    public string Path { get; set; } = "";

    public uint Version { get; set; }

    public int Level => Path.Count(c => c == '/') - 1;

    /// <summary>Puts this department, whose subtree is <paramref name="below"/>, under another one (or at the top) and corrects all paths.</summary>
    public Result MoveUnder(Department? parent, IReadOnlyCollection<Department> below)
    {
        if (parent is not null && Path.Length > 0 && parent.Path.StartsWith(Path, StringComparison.Ordinal))
            return StaffRefusals.DepartmentCycle;
        var old = Path;
        var moved = $"{parent?.Path ?? "/"}{Id:N}/";
        var depthBelow = below.Count == 0 ? 0 : below.Max(d => d.Level) - Level;
        if (moved.Count(c => c == '/') - 1 + depthBelow > DeepestLevel)
            return StaffRefusals.DepartmentTooDeep;
        ParentId = parent?.Id;
        Path = moved;
        foreach (var child in below)
            child.Path = moved + child.Path[old.Length..];
        return Result.Done;
    }
}
