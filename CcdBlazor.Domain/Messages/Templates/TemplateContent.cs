using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>What a message is for; decides which of a person's protections it may pass.</summary>
public enum MessageCategory : short
{
    /// <summary>Codes that a person waits for now: pass quiet hours, daily caps and de-duplication; never an opt-out by law.</summary>
    Verification = 1,
    /// <summary>News about something the person started: an order, missing papers, a payment.</summary>
    Notice = 2,
    /// <summary>Advertising: only with consent, always with a way to opt out.</summary>
    Marketing = 3,
}

/// <summary>What a variable holds; checked at the door.</summary>
public enum VariableType : short
{
    Text = 1,
    /// <summary>Digits with an optional sign and decimals.</summary>
    Number = 2,
    /// <summary>A decimal amount; written with two decimals and thousands separators.</summary>
    Money = 3,
    /// <summary><c>yyyy-MM-dd</c>.</summary>
    Date = 4,
    /// <summary>ISO 8601 or <c>yyyy-MM-dd HH:mm</c>.</summary>
    DateTime = 5,
    Phone = 6,
    /// <summary>An absolute http(s) address.</summary>
    Url = 7,
    /// <summary>4 to 8 digits or letters.</summary>
    Code = 8,
}

/// <summary>A variable that a template uses.</summary>
/// <param name="Name">As written between the braces: letters, digits, underscores, Chinese characters.</param>
/// <param name="Title">Chinese, for forms.</param>
/// <param name="Sample">For previews.</param>
/// <param name="MaxLength">In text elements; 0 for the type's own limit (500).</param>
public sealed record TemplateVariable(string Name, string Title, VariableType Type = VariableType.Text, bool Required = true, string Sample = "", int MaxLength = 0);

/// <summary>How a template reads on one channel.</summary>
/// <param name="Form">The channel's form: <c>text</c>, <c>markdown</c>, <c>textcard</c>, <c>html</c>, <c>template</c>, <c>subscribe</c>.</param>
/// <param name="Text">The text with <c>{{variables}}</c>; for SMS exactly the text approved by the provider.</param>
/// <param name="ProviderTemplate">The provider's code, where it renders by itself.</param>
/// <param name="Parameters">The provider's parameter names in its order, each with the text that fills it (may hold variables).</param>
public sealed record ChannelVariant(
    MessageChannel Channel, string Form, string Text, string? Subject = null, string? Html = null, string? Url = null,
    string? ProviderTemplate = null, IReadOnlyList<TemplateParameter>? Parameters = null);

/// <summary>One parameter of a provider's template.</summary>
public sealed record TemplateParameter(string Name, string Text);

/// <summary>Everything that a version of a template says; stored as JSON, never changed once a message used it.</summary>
public sealed record TemplateContent(IReadOnlyList<TemplateVariable> Variables, IReadOnlyList<ChannelVariant> Variants);
