using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Shared;

/// <summary>
/// A part of a page that is drawn again only when what it shows has changed. The framework cannot know that of a record, so it draws every part
/// of a page for every change on it; with two hundred pages watching one customer that is most of the work. Parameters that are not shown
/// (callbacks, who acts) are taken over all the same; clicks and own changes draw as usual.
/// </summary>
public abstract class SteadyComponent : ComponentBase
{
    private bool drawn;
    private object? last;

    /// <summary>What the parameters make this part show, compared by value: immutable records, or a tuple of them.</summary>
    protected abstract object? Shown { get; }

    public override Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        var now = Shown;
        if (drawn && Equals(now, last))
            return Task.CompletedTask;
        (drawn, last) = (true, now);
        return base.SetParametersAsync(ParameterView.Empty);
    }
}
