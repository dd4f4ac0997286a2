namespace CcdBlazor.Components.Documents;

/// <summary>A customer with the whole file: what is missing, who acts, every paper, and what happened. Fills itself while others work on it.</summary>
public sealed partial class CustomerFilePage : CustomerFileComponent
{
    private string? uploadItem;
}
