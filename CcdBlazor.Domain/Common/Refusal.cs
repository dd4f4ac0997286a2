namespace CcdBlazor.Domain.Common;

/// <summary>What sort of "no" a refusal is. One place in the web project turns it into an HTTP status.</summary>
public enum RefusalKind
{
    /// <summary>The input does not fit a rule (422).</summary>
    Invalid,
    /// <summary>Not there, or not visible to the one who asks: the two are never told apart (404).</summary>
    NotFound,
    /// <summary>Visible, but this actor may not do it (403).</summary>
    Forbidden,
    /// <summary>The state of the world does not allow it now (409).</summary>
    Conflict,
    /// <summary>It was there and is over: an expired or revoked link, a refused upload (410).</summary>
    Gone,
    /// <summary>Larger than a limit (413).</summary>
    TooLarge,
    /// <summary>A kind of content that is not accepted (415).</summary>
    UnsupportedContent,
    /// <summary>Too often; try later (429).</summary>
    TooMany,
    /// <summary>A part that is needed does not answer; nothing was lost, try again (503).</summary>
    Unavailable,
    /// <summary>No room to store (507).</summary>
    StorageFull,
}

/// <summary>One thing that stands in the way, with who can remove it and where.</summary>
/// <param name="Text">Chinese, for the reader.</param>
/// <param name="Owner">Who acts (a role or a name), if known.</param>
/// <param name="Link">Where to act, a path inside the program, if there is one.</param>
public sealed record Missing(string Text, string? Owner = null, string? Link = null);

/// <summary>
/// An answer "no" as a value. Features declare theirs in a <c>…Refusals</c> class. The code is stable and is what tests and
/// other systems compare; the text is what a clerk reads.
/// </summary>
public record Refusal(string Code, string Text, RefusalKind Kind = RefusalKind.Invalid)
{
    /// <summary>The input field that the refusal is about (the draft's property name), if there is one.</summary>
    public string? Field { get; init; }

    /// <summary>Everything that is missing, for refusals of a move.</summary>
    public IReadOnlyList<Missing> Missing { get; init; } = [];

    /// <summary>Further refusals found in the same input, so that a form shows all at once.</summary>
    public IReadOnlyList<Refusal> Others { get; init; } = [];
}

/// <summary>Refusals that every feature shares.</summary>
public static class CommonRefusals
{
    public static readonly Refusal NotFound = new("common.not_found", "没有找到，或您无权查看。", RefusalKind.NotFound);
    public static readonly Refusal Forbidden = new("common.forbidden", "您没有执行此操作的权限。", RefusalKind.Forbidden);
    public static readonly Refusal ChangedMeanwhile = new("common.changed_meanwhile", "这条记录刚刚被其他同事修改过，请核对后再保存。", RefusalKind.Conflict);
    public static readonly Refusal TooMany = new("common.too_many", "操作太频繁，请稍后再试。", RefusalKind.TooMany);

    /// <summary>The refusal for input that a validator turned down; the first problem leads, the rest ride along.</summary>
    public static Refusal Invalid(string field, string text) => new("common.invalid", text) { Field = field };
}
