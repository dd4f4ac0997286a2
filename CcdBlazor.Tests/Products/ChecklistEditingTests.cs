using CcdBlazor.Components.Products;
using CcdBlazor.Domain.Products;
using Microsoft.JSInterop;

namespace CcdBlazor.Tests.Products;

public sealed class ChecklistEditingTests
{
    private static readonly ChecklistRules Shipped = ShippedProducts.Find("personal_credit")!.Rules;

    [Fact]
    public void Every_shipped_checklist_is_the_same_after_a_visit_of_the_editor()
    {
        foreach (var product in ShippedProducts.All)
        {
            var editing = ChecklistEditing.Of(product.Rules);
            Assert.False(editing.DiffersFrom(product.Rules));
            Assert.Empty(editing.Problems);
            Assert.Empty(ChecklistRules.Compare(product.Rules, editing.Rules));
        }
    }

    [Fact]
    public void A_moved_line_is_a_change_and_moving_back_is_none()
    {
        var editing = ChecklistEditing.Of(Shipped);
        var line = editing.Lines[3];

        editing.Move(line, -1);
        Assert.Same(line, editing.Lines[2]);
        Assert.True(editing.DiffersFrom(Shipped));

        editing.Move(line, 1);
        Assert.False(editing.DiffersFrom(Shipped));
    }

    [Fact]
    public void Moving_beyond_the_ends_changes_nothing()
    {
        var editing = ChecklistEditing.Of(Shipped);
        editing.Move(editing.Lines[0], -1);
        editing.Move(editing.Lines[^1], 1);
        Assert.False(editing.DiffersFrom(Shipped));
    }

    [Fact]
    public void Removed_lines_come_back_one_by_one_where_they_were()
    {
        var editing = ChecklistEditing.Of(Shipped);
        editing.Remove(editing.Lines[0]);
        editing.Remove(editing.Lines[4]);
        Assert.Equal(Shipped.Items.Count - 2, editing.Lines.Count);

        editing.Undo();
        editing.Undo();

        Assert.Null(editing.Undo());
        Assert.False(editing.DiffersFrom(Shipped));
    }

    [Fact]
    public void A_copy_and_a_second_line_of_a_type_get_codes_of_their_own()
    {
        var editing = ChecklistEditing.Of(Shipped);
        var first = editing.Lines.First(line => line.TypeCode == "bank_card");

        var copy = editing.Duplicate(first);
        var added = editing.Add("bank_card");

        Assert.Equal(["bank_card", "bank_card_2", "bank_card_3"], new[] { first, copy, added }.Select(line => line.Code));
        Assert.Equal(editing.Lines.ToList().IndexOf(first) + 1, editing.Lines.ToList().IndexOf(copy));
        Assert.Empty(editing.Problems);
    }

    [Fact]
    public void A_line_that_was_removed_keeps_its_code_for_its_return()
    {
        var editing = ChecklistEditing.Of(Shipped);
        var line = editing.Lines.First(each => each.Code == "bank_card");
        editing.Remove(line);

        var added = editing.Add("bank_card");
        editing.Undo();

        Assert.NotEqual(line.Code, added.Code);
        Assert.Empty(editing.Problems);
    }

    [Fact]
    public void A_problem_is_found_at_its_field_and_goes_when_it_is_mended()
    {
        var editing = ChecklistEditing.Of(Shipped);
        var line = editing.Lines[0];
        line.MinFiles = 9;
        editing.Look();
        Assert.Equal("checklist.min_above_max", editing.ProblemOf(line, nameof(ChecklistRule.MaxFiles))?.Code);
        Assert.Equal(1, editing.ProblemsOf(line));

        line.MaxFiles = 9;
        editing.Look();
        Assert.Empty(editing.Problems);
    }

    [Fact]
    public void A_condition_is_needed_where_the_need_says_so_and_an_empty_one_is_none()
    {
        var editing = ChecklistEditing.Of(Shipped);
        var line = editing.Add("bank_card");
        line.Need = Need.Conditional;
        editing.Look();
        Assert.Equal("checklist.condition_missing", editing.ProblemOf(line, nameof(ChecklistRule.Condition))?.Code);

        line.AllOf.Add(CustomerFacts.Married);
        editing.Look();
        Assert.Empty(editing.Problems);
        Assert.Equal("必交（已婚时）", editing.Rules.Find(line.Code)!.NeedInWords);

        line.AllOf.Clear();
        Assert.Null(line.Condition);
    }

    [Fact]
    public void Two_lines_make_a_new_group_that_is_renamed_for_both()
    {
        var editing = ChecklistEditing.Of(new([]));
        var (one, other) = (editing.Add("bank_card"), editing.Add("bank_statement"));
        one.Need = other.Need = Need.OneOfGroup;
        editing.JoinGroup(one, null);
        Assert.Equal("checklist.group_of_one", editing.ProblemOf(one, nameof(ChecklistRule.GroupCode))?.Code);

        editing.JoinGroup(other, one.GroupCode);
        editing.NameGroup(one.GroupCode!, "账户资料");

        Assert.Empty(editing.Problems);
        Assert.Equal([(one.GroupCode!, "账户资料")], editing.Groups);
        Assert.All(editing.Rules.Items, rule => Assert.Equal("任选一项（账户资料）", rule.NeedInWords));
    }

    [Fact]
    public void Leaving_a_group_leaves_its_name_behind()
    {
        var editing = ChecklistEditing.Of(Shipped);
        var line = editing.Lines.First(each => each.GroupCode is not null);
        line.Need = Need.Optional;
        editing.Look();
        Assert.Null(editing.Rules.Find(line.Code)!.GroupCode);
    }

    [Theory]
    [InlineData("-5", 0)]
    [InlineData("0.5", 524_288)]
    [InlineData("99999999999999999999", 100_000L * 1024 * 1024)]
    public void A_size_in_megabytes_never_overflows(string typed, long bytes)
    {
        var line = new RuleLine { Code = "a", TypeCode = "bank_card", SizeMb = decimal.Parse(typed, System.Globalization.CultureInfo.InvariantCulture) };
        Assert.Equal(bytes, line.MaxBytes);
    }

    [Fact]
    public async Task A_kept_checklist_comes_back_in_pieces_that_fit_into_a_hub_message()
    {
        var browser = new Browser();
        var rules = new ChecklistRules(Enumerable.Range(0, 60).Select(i => new ChecklistRule
        {
            Code = $"other_{i}", TypeCode = "other", Name = "“资料”", Help = new string('说', 500), Order = i,
        }));
        var (product, version) = (Guid.NewGuid(), Guid.NewGuid());
        await new ChecklistKeeper(browser, product).KeepAsync(new KeptChecklist(version, rules), default);

        var keeper = new ChecklistKeeper(browser, product);
        var found = await keeper.FindAsync(default);

        Assert.Equal(version, found!.VersionId);
        Assert.Equal(rules.Items, found.Rules.Items);
        Assert.True(browser.LongestPiece * 3 < 32 * 1024);
        Assert.Null(await new ChecklistKeeper(browser, Guid.NewGuid()).FindAsync(default));

        await keeper.ForgetAsync(default);
        Assert.Empty(browser.Storage);
    }

    [Fact]
    public async Task Kept_text_that_cannot_be_read_counts_as_none()
    {
        var browser = new Browser();
        var product = Guid.NewGuid();
        await new ChecklistKeeper(browser, product).KeepAsync(new KeptChecklist(Guid.NewGuid(), Shipped), default);
        browser.Storage[browser.Storage.Keys.Single(key => key.EndsWith(":0", StringComparison.Ordinal))] = "[{";
        Assert.Null(await new ChecklistKeeper(browser, product).FindAsync(default));
    }

    private sealed class Browser : IJSRuntime
    {
        public Dictionary<string, string> Storage { get; } = [];

        public int LongestPiece => Storage.Values.Max(value => value.Length);

        public ValueTask<T> InvokeAsync<T>(string identifier, object?[]? args) => InvokeAsync<T>(identifier, default, args);

        public ValueTask<T> InvokeAsync<T>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            var key = (string)args![0]!;
            object? answer = identifier switch
            {
                "sessionStorage.setItem" => Storage[key] = (string)args[1]!,
                "sessionStorage.getItem" => Storage.GetValueOrDefault(key),
                "sessionStorage.removeItem" => Storage.Remove(key),
                _ => throw new InvalidOperationException(identifier),
            };
            return ValueTask.FromResult(answer is T fits ? fits : default!);
        }
    }
}
