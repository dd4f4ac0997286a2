using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Components.Messages;

/// <summary>A variable while it is edited.</summary>
public sealed class VariableLine
{
    public Guid Key { get; } = Guid.NewGuid();
    public string Name { get; set; } = "";
    public string Title { get; set; } = "";
    public VariableType Type { get; set; } = VariableType.Text;
    public bool Required { get; set; } = true;
    public string Sample { get; set; } = "";
    public int MaxLength { get; set; }
}

/// <summary>A parameter of a provider's template while it is edited.</summary>
public sealed class ParameterLine
{
    public string Name { get; set; } = "";
    public string Text { get; set; } = "";
}

/// <summary>What one channel says while it is edited.</summary>
public sealed class VariantLine(MessageChannel channel)
{
    public MessageChannel Channel => channel;
    public string Form { get; set; } = TemplateWords.FormsOf(channel)[0].Form;
    public string Text { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Html { get; set; } = "";
    public string Url { get; set; } = "";
    public string ProviderTemplate { get; set; } = "";
    public List<ParameterLine> Parameters { get; } = [];

    /// <summary>Providers that render by themselves want their own number and parameters.</summary>
    public bool ByProvider => channel == MessageChannel.Sms || (channel == MessageChannel.OfficialAccount && Form is "template" or "subscribe");

    public bool WithSubject => channel is MessageChannel.Email or MessageChannel.InApp or MessageChannel.Push || Form is "textcard" or "post" or "markdown";

    public bool WithUrl => channel is MessageChannel.InApp or MessageChannel.Push || Form is "textcard" or "template" or "subscribe";
}

/// <summary>A template's content while it is edited; nothing is stored before the author saves.</summary>
public sealed class TemplateEditing
{
    public string Name { get; set; } = "";
    public MessageCategory Category { get; set; } = MessageCategory.Notice;
    public List<VariableLine> Variables { get; } = [];
    public List<VariantLine> Variants { get; } = [];

    public static TemplateEditing Of(string name, MessageCategory category, TemplateContent content)
    {
        var editing = new TemplateEditing { Name = name, Category = category };
        editing.Variables.AddRange(content.Variables.Select(v => new VariableLine { Name = v.Name, Title = v.Title, Type = v.Type, Required = v.Required, Sample = v.Sample, MaxLength = v.MaxLength }));
        foreach (var v in content.Variants)
        {
            var line = new VariantLine(v.Channel)
            {
                Form = v.Form, Text = v.Text, Subject = v.Subject ?? "", Html = v.Html ?? "", Url = v.Url ?? "", ProviderTemplate = v.ProviderTemplate ?? "",
            };
            line.Parameters.AddRange((v.Parameters ?? []).Select(p => new ParameterLine { Name = p.Name, Text = p.Text }));
            editing.Variants.Add(line);
        }

        return editing;
    }

    public TemplateContent Content => new(
        [.. Variables.Select(v => new TemplateVariable(v.Name.Trim(), v.Title.Trim(), v.Type, v.Required, v.Sample.Trim(), v.MaxLength))],
        [
            .. Variants.Select(v => new ChannelVariant(
                v.Channel, v.Form, v.Text, v.WithSubject ? v.Subject : null, v.Channel == MessageChannel.Email && v.Form == "html" ? v.Html : null, v.WithUrl ? v.Url : null,
                v.ByProvider ? v.ProviderTemplate : null, v.ByProvider ? [.. v.Parameters.Select(p => new TemplateParameter(p.Name, p.Text))] : null)),
        ]);

    /// <summary>Declares the variables that the texts use and nobody declared yet.</summary>
    public int DeclareUsed()
    {
        var known = Variables.Select(v => v.Name.Trim()).ToHashSet(StringComparer.Ordinal);
        var missing = Content.Variants.SelectMany(TemplateRules.UsedBy).Where(TemplateText.IsName).Distinct().Where(name => !known.Contains(name)).ToList();
        Variables.AddRange(missing.Select(name => new VariableLine { Name = name, Title = name }));
        return missing.Count;
    }
}
