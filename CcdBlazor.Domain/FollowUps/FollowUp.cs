using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.FollowUps;

/// <summary>How the customer was reached. The numbers are stored.</summary>
public enum FollowUpKind
{
    Call = 0,
    Mail = 1,
    WeChat = 2,
    Visit = 3,
}

public static class FollowUpWords
{
    public static IReadOnlyList<FollowUpKind> Kinds { get; } = Enum.GetValues<FollowUpKind>();

    public static string Label(this FollowUpKind kind) => kind switch
    {
        FollowUpKind.Call => "电话",
        FollowUpKind.Mail => "邮件",
        FollowUpKind.WeChat => "微信",
        FollowUpKind.Visit => "拜访",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}

/// <summary>What a person types. Dates are days in Shanghai.</summary>
public sealed record FollowUpDraft
{
    public const int LongestText = 1000;
    public const int LongestNext = 200;

    public FollowUpKind Kind { get; set; }

    /// <summary>What was spoken of.</summary>
    public string What { get; set; } = "";

    /// <summary>What came of it.</summary>
    public string? Result { get; set; }

    /// <summary>When to do the next step; none: nothing is arranged.</summary>
    public DateOnly? NextOn { get; set; }

    public string? NextWhat { get; set; }
}

/// <summary>
/// One contact with a customer. Its author may correct or remove it for <see cref="Correctable"/>; afterwards it stands.
/// </summary>
internal sealed class FollowUp
{
    /// <summary>How long its author may change or remove it.</summary>
    public static readonly TimeSpan Correctable = TimeSpan.FromHours(24);

    public const int MostFiles = 5;

    private readonly List<FollowUpFile> files = [];

    private FollowUp()
    {
    }

    public Guid Id { get; private init; }

    public Guid CustomerId { get; private init; }

    public FollowUpKind Kind { get; private set; }

    public string What { get; private set; } = "";

    public string? Result { get; private set; }

    public DateOnly? NextOn { get; private set; }

    public string? NextWhat { get; private set; }

    /// <summary>The later follow-up with which the arranged step was done, or was replaced by another.</summary>
    public Guid? DoneById { get; private set; }

    /// <summary>Reminded of the arranged step: once, in the morning of its day or of the first day after.</summary>
    public DateTimeOffset? RemindedAt { get; private set; }

    public Guid StaffId { get; private init; }

    public DateTimeOffset At { get; private init; }

    public DateTimeOffset? EditedAt { get; private set; }

    public uint Version { get; private set; }

    public IReadOnlyList<FollowUpFile> Files => files;

    public static FollowUp Of(Guid customerId, FollowUpDraft draft, Guid staffId, DateTimeOffset now)
    {
        var made = new FollowUp { Id = Guid.CreateVersion7(now), CustomerId = customerId, StaffId = staffId, At = now };
        made.Apply(draft);
        return made;
    }

    public bool MayChange(Actor by, DateTimeOffset now) => by.Id == StaffId && now < At + Correctable;

    public Result Edit(FollowUpDraft draft, Actor by, DateTimeOffset now)
    {
        if (!MayChange(by, now))
            return by.Id == StaffId ? FollowUpRefusals.TooOld : FollowUpRefusals.NotYours;
        if (draft.NextOn != NextOn)
            RemindedAt = null;
        Apply(draft);
        EditedAt = now;
        return Common.Result.Done;
    }

    /// <summary>The arranged step was taken, or another one was arranged instead.</summary>
    public void DoneWith(FollowUp later) => DoneById = later.Id;

    public Result Attach(Guid fileId, string fileName, Actor by, DateTimeOffset now)
    {
        if (!MayChange(by, now))
            return by.Id == StaffId ? FollowUpRefusals.TooOld : FollowUpRefusals.NotYours;
        if (files.Count >= MostFiles)
            return FollowUpRefusals.TooManyFiles;
        files.Add(new FollowUpFile(Id, fileId, fileName, files.Count == 0 ? 1 : files.Max(f => f.Position) + 1));
        return Common.Result.Done;
    }

    private void Apply(FollowUpDraft draft)
    {
        Kind = draft.Kind;
        What = draft.What.Trim();
        Result = Tidy(draft.Result);
        NextOn = draft.NextOn;
        NextWhat = draft.NextOn is null ? null : Tidy(draft.NextWhat);
    }

    private static string? Tidy(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>A file that belongs to a follow-up, in the common store.</summary>
internal sealed class FollowUpFile(Guid followUpId, Guid fileId, string fileName, int position)
{
    public Guid FollowUpId { get; } = followUpId;

    public Guid FileId { get; } = fileId;

    public string FileName { get; } = fileName;

    public int Position { get; } = position;
}
