using AngleSharp.Dom;
using Bunit;
using Bunit.Rendering;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Tests.Support;

/// <summary>Clicks on pages that are drawn anew by changes from elsewhere: between the look for a button and its click the button may have become another one.</summary>
internal static class Pressing
{
    /// <summary>Clicks what <paramref name="find"/> finds, and looks again when that was replaced meanwhile.</summary>
    public static async Task PressAsync<T>(this IRenderedComponent<T> page, Func<IRenderedComponent<T>, IElement> find)
        where T : IComponent
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                await find(page).ClickAsync(new());
                return;
            }
            catch (UnknownEventHandlerIdException) when (attempt < 10)
            {
                // Nothing was pressed: the handler is looked up before it is called.
            }
    }
}
