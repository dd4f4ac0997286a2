using System.Text;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>
/// Text with <c>{{name}}</c> places, cut into pieces once. Values are put between the pieces and never looked at again: a value that
/// itself contains <c>{{x}}</c> stays as it is (issue 3, line 3).
/// </summary>
public sealed class TemplateText
{
    private readonly (string? Literal, string? Variable)[] pieces;

    private TemplateText((string?, string?)[] pieces, IReadOnlyList<string> variables, IReadOnlyList<string> faults)
    {
        this.pieces = pieces;
        Variables = variables;
        Faults = faults;
    }

    /// <summary>Names in the order of their first place.</summary>
    public IReadOnlyList<string> Variables { get; }

    /// <summary>What is wrong with the braces, in Chinese; empty for good text.</summary>
    public IReadOnlyList<string> Faults { get; }

    public static TemplateText Parse(string text)
    {
        var pieces = new List<(string?, string?)>();
        var names = new List<string>();
        var faults = new List<string>();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                pieces.Add((text[at..], null));
                break;
            }

            if (open > at)
                pieces.Add((text[at..open], null));
            var close = text.IndexOf("}}", open + 2, StringComparison.Ordinal);
            if (close < 0)
            {
                faults.Add("有“{{”没有对应的“}}”。");
                pieces.Add((text[open..], null));
                break;
            }

            var name = text[(open + 2)..close].Trim();
            if (!IsName(name))
                faults.Add($"“{{{{{name}}}}}”不是有效的变量名，只能用文字、字母、数字和下划线。");
            else if (!names.Contains(name))
                names.Add(name);
            pieces.Add((null, name));
            at = close + 2;
        }

        return new TemplateText([.. pieces], names, faults);
    }

    /// <summary>A name: letters (Chinese ones too), digits, underscores; 1 to 40 characters.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 40 && name.All(c => char.IsLetterOrDigit(c) || c == '_');

    /// <summary>The text with the values in their places, each escaped once; a value that is not there leaves nothing.</summary>
    public string Render(IReadOnlyDictionary<string, string> values, Func<string, string> escape)
    {
        if (pieces.Length == 0)
            return "";
        if (pieces is [{ Literal: { } only }])
            return only;
        var text = new StringBuilder();
        foreach (var (literal, variable) in pieces)
            if (literal is not null)
                text.Append(literal);
            else if (values.TryGetValue(variable!, out var value))
                text.Append(escape(value));
        return text.ToString();
    }
}
