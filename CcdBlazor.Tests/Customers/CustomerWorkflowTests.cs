using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Tests.Customers;

public class CustomerWorkflowTests
{
    private static readonly SystemActor Program = new("completeness");
    private static readonly ChecklistRules Rules = new([new() { Code = "id_card_front", TypeCode = "id_card_front" }]);

    private static readonly CompletenessReport Empty = File();
    private static readonly CompletenessReport Full = File(DocumentState.Uploaded);
    private static readonly CompletenessReport Accepted = File(DocumentState.Accepted);
    private static readonly CompletenessReport SentBack = Completeness.Of(
        Rules, new HashSet<string>(), [new DocumentFact(Guid.NewGuid(), "id_card_front", DocumentState.Uploaded)], "流水不足");

    /// <summary>Written out by hand, so that a slip in the table shows.</summary>
    private static readonly Dictionary<(CustomerState, CustomerMove), CustomerState> Expected = new()
    {
        [(CustomerState.Collecting, CustomerMove.MarkComplete)] = CustomerState.Complete,
        [(CustomerState.Complete, CustomerMove.MarkIncomplete)] = CustomerState.Collecting,
        [(CustomerState.Complete, CustomerMove.SubmitForReview)] = CustomerState.InReview,
        [(CustomerState.Collecting, CustomerMove.SubmitForReview)] = CustomerState.InReview,
        [(CustomerState.InReview, CustomerMove.ReturnForMore)] = CustomerState.Collecting,
        [(CustomerState.InReview, CustomerMove.Approve)] = CustomerState.Approved,
        [(CustomerState.InReview, CustomerMove.Reject)] = CustomerState.Rejected,
        [(CustomerState.Approved, CustomerMove.Reopen)] = CustomerState.Collecting,
        [(CustomerState.Rejected, CustomerMove.Reopen)] = CustomerState.Collecting,
    };

    public static TheoryData<CustomerState, CustomerMove> EveryPair()
    {
        var data = new TheoryData<CustomerState, CustomerMove>();
        foreach (var state in Enum.GetValues<CustomerState>())
        {
            foreach (var move in Enum.GetValues<CustomerMove>())
                data.Add(state, move);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Every_state_knows_exactly_its_moves(CustomerState from, CustomerMove move)
    {
        var file = FileFor(from, move);
        var decided = CustomerWorkflow.Decide(from, move, Program, "原因", file);

        if (Expected.TryGetValue((from, move), out var to))
        {
            Assert.Equal(to, decided.Value.To);
            Assert.Contains(CustomerWorkflow.AllowedMoves(from, returnOpen: true, Program), row => row.Move == move);
        }
        else
        {
            Assert.Equal("customer.move_not_allowed", decided.Refusal?.Code);
            Assert.Equal(RefusalKind.Conflict, decided.Refusal?.Kind);
            Assert.DoesNotContain(CustomerWorkflow.AllowedMoves(from, returnOpen: true, Program), row => row.Move == move);
        }
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Nobody_moves_without_the_permission_of_the_row(CustomerState from, CustomerMove move)
    {
        if (CustomerWorkflow.Find(from, move) is not { } row)
            return;
        var all = Enum.GetValues<Permission>();
        var file = FileFor(from, move);

        var without = CustomerWorkflow.Decide(from, move, Staff([.. all.Where(each => each != row.Permission)]), "原因", file);
        var with = CustomerWorkflow.Decide(from, move, Staff(all), "原因", file);

        Assert.Equal(CommonRefusals.Forbidden, without.Refusal);
        Assert.Equal(row.SystemOnly, with.Refusal == CommonRefusals.Forbidden);
        Assert.Equal(!row.SystemOnly, CustomerWorkflow.AllowedMoves(from, returnOpen: true, Staff(all)).Contains(row));
        Assert.Equal(CommonRefusals.Forbidden, CustomerWorkflow.Decide(from, move, new LinkActor(Guid.NewGuid(), Guid.NewGuid()), "原因", file).Refusal);
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void A_move_that_needs_a_reason_is_refused_without_one(CustomerState from, CustomerMove move)
    {
        if (CustomerWorkflow.Find(from, move) is not { NeedsReason: true })
            return;

        Assert.Equal(CustomerRefusals.ReasonMissing, CustomerWorkflow.Decide(from, move, Program, " ", FileFor(from, move)).Refusal);
        Assert.Equal(CustomerRefusals.ReasonTooLong, CustomerWorkflow.Decide(from, move, Program, new string('长', 501), FileFor(from, move)).Refusal);
    }

    [Fact]
    public void Returning_submitting_again_refusing_and_reopening_need_a_reason() => Assert.Equal(
        [CustomerMove.SubmitForReview, CustomerMove.ReturnForMore, CustomerMove.Reject, CustomerMove.Reopen],
        CustomerWorkflow.Table.Where(row => row.NeedsReason).Select(row => row.Move).Distinct());

    [Fact]
    public void Submitting_an_incomplete_file_is_refused_with_everything_missing()
    {
        var refusal = CustomerWorkflow.Decide(CustomerState.Complete, CustomerMove.SubmitForReview, Program, null, Empty).Refusal;

        Assert.Equal("customer.file_incomplete", refusal?.Code);
        Assert.Equal("缺少身份证正面", Assert.Single(refusal!.Missing).Text);
        Assert.True(CustomerWorkflow.Decide(CustomerState.Complete, CustomerMove.SubmitForReview, Program, null, Full).Ok);
    }

    [Fact]
    public void Only_a_file_that_was_sent_back_is_submitted_again_and_only_when_nothing_else_is_open()
    {
        Assert.Equal("customer.move_not_allowed", CustomerWorkflow.Decide(CustomerState.Collecting, CustomerMove.SubmitForReview, Program, "已补充", Full).Refusal?.Code);
        Assert.DoesNotContain(CustomerWorkflow.AllowedMoves(CustomerState.Collecting, returnOpen: false, Program), row => row.Move == CustomerMove.SubmitForReview);
        Assert.True(CustomerWorkflow.Decide(CustomerState.Collecting, CustomerMove.SubmitForReview, Program, "已补充", SentBack).Ok);

        var lacking = Completeness.Of(Rules, new HashSet<string>(), [], "流水不足");
        var refusal = CustomerWorkflow.Decide(CustomerState.Collecting, CustomerMove.SubmitForReview, Program, "已补充", lacking).Refusal;
        Assert.Equal("customer.file_incomplete", refusal?.Code);
        Assert.Equal(["缺少身份证正面", "审核员退回：流水不足"], refusal!.Missing.Select(missing => missing.Text));
    }

    [Fact]
    public void Approving_before_every_needed_document_is_accepted_is_refused_with_what_waits()
    {
        var refusal = CustomerWorkflow.Decide(CustomerState.InReview, CustomerMove.Approve, Program, null, Full).Refusal;

        Assert.Equal("customer.not_all_accepted", refusal?.Code);
        Assert.Equal("身份证正面还没有审核通过", Assert.Single(refusal!.Missing).Text);
        Assert.True(CustomerWorkflow.Decide(CustomerState.InReview, CustomerMove.Approve, Program, null, Accepted).Ok);
    }

    [Fact]
    public void The_completeness_check_moves_only_between_collecting_and_complete()
    {
        Assert.Equal(CustomerMove.MarkComplete, CustomerWorkflow.AutomaticMove(CustomerState.Collecting, Full));
        Assert.Equal(CustomerMove.MarkIncomplete, CustomerWorkflow.AutomaticMove(CustomerState.Complete, Empty));
        Assert.Null(CustomerWorkflow.AutomaticMove(CustomerState.Collecting, Empty));
        Assert.Null(CustomerWorkflow.AutomaticMove(CustomerState.Complete, Full));
        Assert.All(
            [CustomerState.InReview, CustomerState.Approved, CustomerState.Rejected],
            state => Assert.Null(CustomerWorkflow.AutomaticMove(state, Empty) ?? CustomerWorkflow.AutomaticMove(state, Full)));
        Assert.Equal("customer.file_is_complete", CustomerWorkflow.Decide(CustomerState.Complete, CustomerMove.MarkIncomplete, Program, null, Full).Refusal?.Code);
    }

    [Fact]
    public void The_stored_numbers_of_the_states_stay() =>
        Assert.Equal([0, 1, 2, 3, 4], CustomerStateWords.All.Select(state => (int)state));

    [Fact]
    public void Every_state_has_its_word_and_colour() => Assert.Equal(
        ["资料收集中 grey", "资料已齐全 amber", "审核中 blue", "已通过 green", "已拒绝 red"],
        CustomerStateWords.All.Select(state => $"{state.Label()} {state.Colour()}"));

    /// <summary>A file with which the move is possible, if the table knows it.</summary>
    private static CompletenessReport FileFor(CustomerState from, CustomerMove move) => (from, move) switch
    {
        (_, CustomerMove.MarkIncomplete) => Empty,
        (CustomerState.Collecting, CustomerMove.SubmitForReview) => SentBack,
        _ => Accepted,
    };

    private static CompletenessReport File(params DocumentState[] states) => Completeness.Of(
        Rules, new HashSet<string>(), [.. states.Select(state => new DocumentFact(Guid.NewGuid(), "id_card_front", state))]);

    private static StaffActor Staff(IReadOnlyList<Permission> permissions) =>
        new(Guid.NewGuid(), "王五", null, permissions.ToHashSet(), new HashSet<Guid>());
}
