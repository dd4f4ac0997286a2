namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>A template as somebody writes it.</summary>
/// <param name="Code">Stable word for callers; 2 to 60 small letters, digits and underscores. Only read when the template is created.</param>
/// <param name="Category">Fixed once a version was released.</param>
public sealed record TemplateDraft(string Code, string Name, MessageCategory Category, TemplateContent Content);
