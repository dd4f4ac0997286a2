using System.Text.Json;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Settings;

/// <summary>How a setting is edited and shown.</summary>
public enum SettingKind
{
    /// <summary>A whole number.</summary>
    Whole,
    /// <summary>A number with decimals.</summary>
    Number,
    /// <summary>On or off.</summary>
    Toggle,
    /// <summary>A span of time.</summary>
    Duration,
    /// <summary>A text.</summary>
    Text,
    /// <summary>One of named values.</summary>
    Choice,
    /// <summary>A small list of records.</summary>
    Table,
}

/// <summary>Where a limit comes from that somebody else set (a provider's rule).</summary>
/// <param name="Document">Chinese title or address of the document.</param>
/// <param name="AsOf">The day on which it said so.</param>
public sealed record LimitSource(string Document, DateOnly AsOf);

/// <summary>One value of a choice.</summary>
/// <param name="Json">As it is stored.</param>
/// <param name="Words">Chinese.</param>
public readonly record struct SettingChoice(string Json, string Words);

/// <summary>
/// A value that an administrator may change while the program runs: what it is called, what it means, and within which bounds it makes sense.
/// Declared by a feature as a static field of its <c>…Settings</c> class (see <see cref="Setting{T}"/>) and registered by its module.
/// Values travel and are stored as JSON.
/// </summary>
public abstract class Setting(string key)
{
    /// <summary>Longest key; also the width of the column.</summary>
    public const int LongestKey = 100;

    /// <summary>Stable name in lower case, parts joined by dots: <c>messages.dedup.window</c>. Stored and used by other systems: never renamed.</summary>
    public string Key { get; } = key;

    /// <summary>Chinese heading under which the page lists it.</summary>
    public required string Group { get; init; }

    /// <summary>Chinese, short.</summary>
    public required string Title { get; init; }

    /// <summary>Chinese: what it does, and what happens when it is made larger or smaller.</summary>
    public required string Description { get; init; }

    /// <summary>Chinese unit of a number, e.g. <c>条/秒</c>.</summary>
    public string? Unit { get; init; }

    /// <summary>Where the bounds come from, when they stand for somebody else's rule.</summary>
    public LimitSource? Source { get; init; }

    /// <summary>True when a change takes effect only after a second person approved it.</summary>
    public bool NeedsSecondPerson { get; init; }

    public abstract SettingKind Kind { get; }

    /// <summary>What holds while nobody set anything.</summary>
    public abstract string DefaultJson { get; }

    /// <summary>The bounds as a Chinese sentence; empty without any.</summary>
    public abstract string BoundsWords { get; }

    /// <summary>Named values of a choice, else empty.</summary>
    public abstract IReadOnlyList<SettingChoice> Choices { get; }

    /// <summary>Columns of a table, else empty.</summary>
    public abstract IReadOnlyList<SettingColumn> Columns { get; }

    /// <summary>Lower and upper bound as stored, for a form; none without.</summary>
    public abstract (string Minimum, string Maximum)? BoundsJson { get; }

    /// <summary>The value in its one written form, or the refusal that says what does not fit.</summary>
    public abstract Result<string> Accept(string json);

    /// <summary>A stored value as people read it (<c>5 分钟</c>, <c>开启</c>). What cannot be read comes back as it is.</summary>
    public abstract string Words(string json);

    public override string ToString() => Key;

    /// <summary>The value, boxed once for the snapshot; the refusal when it does not fit.</summary>
    internal abstract BoxedValue Read(string json);

    /// <summary>The default, boxed.</summary>
    internal abstract object DefaultValue { get; }

    /// <summary>Why this definition cannot be used; a mistake of its author. None when it is sound.</summary>
    internal abstract string? Mistake();
}

/// <summary>A value of any type, or why there is none.</summary>
internal readonly record struct BoxedValue(object? Value, Refusal? Refusal);

/// <summary>
/// A setting with its type: <see cref="int"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="TimeSpan"/>, <see cref="string"/>,
/// an enum (with words for each value), or <c>IReadOnlyList&lt;TRecord&gt;</c> of a record whose properties carry <see cref="SettingColumnAttribute"/>.
/// Numbers and spans must have <see cref="Bounds"/>.
/// </summary>
public sealed class Setting<T>(string key, T fallback) : Setting(key)
{
    private const int LongestText = 500;
    private const int MostRows = 100;

    private readonly Lazy<IReadOnlyList<SettingColumn>> columns = new(() => SettingColumn.Of(typeof(T)));

    public T Default { get; } = fallback;

    /// <summary>Smallest and largest value, both allowed. For a text: its length; for a table: the number of rows (see <see cref="Lengths"/>).</summary>
    public (T Smallest, T Largest)? Bounds { get; init; }

    /// <summary>Shortest and longest text, or fewest and most rows. Without it texts end at 500 characters and tables at 100 rows.</summary>
    public (int Least, int Most)? Lengths { get; init; }

    /// <summary>The only values that are possible, with their Chinese words. Required for an enum.</summary>
    public IReadOnlyList<(T Value, string Words)>? Allowed { get; init; }

    /// <summary>A further rule: answers none, or the Chinese sentence that says what is wrong. Pure and quick.</summary>
    public Func<T, string?>? Check { get; init; }

    public override SettingKind Kind { get; } = SettingJson.KindOf(typeof(T));

    public override string DefaultJson => JsonSerializer.Serialize(Default, SettingJson.Options);

    public override IReadOnlyList<SettingColumn> Columns => columns.Value;

    public override IReadOnlyList<SettingChoice> Choices =>
        Allowed is null ? [] : [.. Allowed.Select(one => new SettingChoice(JsonSerializer.Serialize(one.Value, SettingJson.Options), one.Words))];

    public override (string Minimum, string Maximum)? BoundsJson => Bounds is { } bounds
        ? (JsonSerializer.Serialize(bounds.Smallest, SettingJson.Options), JsonSerializer.Serialize(bounds.Largest, SettingJson.Options))
        : null;

    public override string BoundsWords =>
        Allowed is not null ? $"可选：{string.Join("、", Allowed.Select(one => one.Words))}。"
        : Bounds is { } bounds ? $"范围：{WordsOf(bounds.Smallest)} 至 {WordsOf(bounds.Largest)}。"
        : Kind == SettingKind.Text ? $"长度：{Least} 至 {Most} 个字。"
        : Kind == SettingKind.Table ? $"行数：{Least} 至 {Most} 行。"
        : "";

    internal override object DefaultValue => Default!;

    private int Least => Lengths?.Least ?? 0;

    private int Most => Lengths?.Most ?? (Kind == SettingKind.Table ? MostRows : LongestText);

    /// <summary>The value as it is stored, for a change made by code.</summary>
    public static string Json(T value) => JsonSerializer.Serialize(value, SettingJson.Options);

    public override Result<string> Accept(string json)
    {
        var value = Typed(json);
        return value.Ok ? JsonSerializer.Serialize(value.Value, SettingJson.Options) : value.Refusal;
    }

    public override string Words(string json) => SettingJson.TryRead<T>(json, out var value) ? WordsOf(value!) : json;

    internal override BoxedValue Read(string json)
    {
        var value = Typed(json);
        return value.Ok ? new BoxedValue(value.Value, null) : new BoxedValue(null, value.Refusal);
    }

    internal override string? Mistake()
    {
        if (Kind is SettingKind.Whole or SettingKind.Number or SettingKind.Duration && Bounds is null && Allowed is null)
            return "numbers and spans need Bounds";
        if (typeof(T).IsEnum && Enum.GetValues(typeof(T)).Cast<T>().Any(value => Allowed?.Any(one => Equals(one.Value, value)) != true))
            return "an enum needs words for each of its values in Allowed";
        return Problem(Default) is { } problem ? $"its default does not fit: {problem}" : null;
    }

    private Result<T> Typed(string json)
    {
        if (!SettingJson.TryRead<T>(json, out var value))
            return SettingRefusals.Unreadable(this);
        return Problem(value!) is { } problem ? SettingRefusals.OutOfBounds(this, problem) : value!;
    }

    private string? Problem(T value)
    {
        if (Allowed is not null && !Allowed.Any(one => Equals(one.Value, value)))
            return BoundsWords;
        if (Bounds is { } bounds && (Comparer<T>.Default.Compare(value, bounds.Smallest) < 0 || Comparer<T>.Default.Compare(value, bounds.Largest) > 0))
            return BoundsWords;
        if (value is string text && (text.Length < Least || text.Length > Most))
            return BoundsWords;
        if (value is string controls && controls.Any(c => char.IsControl(c) && c != '\n'))
            return "不能包含控制字符。";
        if (Kind == SettingKind.Table && SettingJson.Rows(value).Count is var rows && (rows < Least || rows > Most))
            return BoundsWords;
        return Check?.Invoke(value);
    }

    private string WordsOf(T value) =>
        Allowed?.FirstOrDefault(one => Equals(one.Value, value)).Words ?? SettingWords.Of(value, Unit, Columns);
}
