using CcdBlazor.Domain.Statistics;

namespace CcdBlazor.Components.Today;

/// <summary>A group of the page 今日 and how it is drawn.</summary>
/// <param name="Group">None when it is not this reader's work.</param>
/// <param name="Href">The whole list.</param>
/// <param name="Colour">Colour word of the count.</param>
/// <param name="SinceWord">Before the time that it has been so.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="RowPath">Where a row leads, before its id.</param>
public sealed record TodayPart(string Title, TodayGroup? Group, string Href, string Colour, string SinceWord, string Unit = "位", string RowPath = "/customers");
