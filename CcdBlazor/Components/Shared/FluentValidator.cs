using CcdBlazor.Domain.Common;
using FluentValidation;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;

namespace CcdBlazor.Components.Shared;

/// <summary>
/// Binds the draft's validator to the form around it: a field is checked when it is left, everything when the form is sent.
/// The same validator runs again in the service. Also shows at its field what the service refused.
/// </summary>
public sealed class FluentValidator : ComponentBase, IDisposable
{
    private EditContext? bound;
    private ValidationMessageStore? messages;
    private IValidator? validator;

    [CascadingParameter]
    private EditContext? Context { get; set; }

    [Inject]
    private IServiceProvider Services { get; set; } = default!;

    /// <summary>Puts a refusal, and those that ride along, at their fields. Answers what belongs to no field and is shown on top.</summary>
    public Refusal? Show(Refusal refusal)
    {
        if (Context is null || messages is null)
            return refusal;
        messages.Clear();
        Refusal? rest = null;
        foreach (var one in refusal.Others.Prepend(refusal))
        {
            // A list of what is missing, with links, does not fit beside a field.
            if (one.Field is null || one.Missing.Count > 0 || Context.Model.GetType().GetProperty(one.Field) is null)
                rest ??= one;
            else
                messages.Add(Context.Field(one.Field), one.Text);
        }

        Context.NotifyValidationStateChanged();
        return rest;
    }

    protected override void OnParametersSet()
    {
        if (bound == Context)
            return;
        Unbind();
        bound = Context ?? throw new InvalidOperationException($"{nameof(FluentValidator)} belongs inside an EditForm.");
        messages = new ValidationMessageStore(bound);
        validator = (IValidator?)Services.GetService(typeof(IValidator<>).MakeGenericType(bound.Model.GetType()))
            ?? throw new InvalidOperationException($"No validator is registered for {bound.Model.GetType().Name}.");
        bound.OnValidationRequested += CheckAll;
        bound.OnFieldChanged += CheckField;
    }

    public void Dispose() => Unbind();

    private void Unbind()
    {
        if (bound is null)
            return;
        bound.OnValidationRequested -= CheckAll;
        bound.OnFieldChanged -= CheckField;
        bound = null;
    }

    private void CheckAll(object? sender, ValidationRequestedEventArgs e)
    {
        messages!.Clear();
        foreach (var (field, text) in Problems())
            messages.Add(bound!.Field(field), text);
        bound!.NotifyValidationStateChanged();
    }

    private void CheckField(object? sender, FieldChangedEventArgs e)
    {
        messages!.Clear(e.FieldIdentifier);
        foreach (var (_, text) in Problems().Where(p => p.Field == e.FieldIdentifier.FieldName))
            messages.Add(e.FieldIdentifier, text);
        bound!.NotifyValidationStateChanged();
    }

    private IEnumerable<(string Field, string Text)> Problems() =>
        validator!.Validate(new ValidationContext<object>(bound!.Model)).Errors.Select(e => (e.PropertyName, e.ErrorMessage));
}
